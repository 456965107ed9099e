import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';

/** Who may ask, and under which names of ours. */
export type Access = {
  /** What a request must carry; `undefined`: nothing, on loopback only. */
  readonly token: string | undefined;
  /** Names beside localhost under which a browser may know us, in lower case. */
  readonly hosts: readonly string[];
};

type Asked = { readonly host: string | undefined; readonly authorization: string | undefined };

/**
 * Whether a request is answered. Its Host is looked at first: a page of somebody else whose name was made to point at us
 * (DNS rebinding) sends its own name, and no page can make a browser send an address it did not ask for.
 */
export function refusal(access: Access, { host, authorization }: Asked): 403 | 401 | undefined {
  if (!isOurs(access, host)) return 403;
  return access.token === undefined || isToken(access.token, authorization) ? undefined : 401;
}

function isOurs({ hosts }: Access, host: string | undefined): boolean {
  const name = host?.toLowerCase().replace(/:\d{1,5}$/u, '');
  if (name === undefined || name === '') return false;
  return name === 'localhost' || isIP(name.replace(/^\[(.*)\]$/u, '$1')) !== 0 || hosts.includes(name);
}

/** As `Bearer TOKEN`, or as the password a browser asks for. */
function isToken(token: string, authorization: string | undefined): boolean {
  const [, scheme = '', credentials = ''] = /^(\w+) (\S+)$/u.exec(authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return isEqual(credentials, token);
  if (scheme.toLowerCase() !== 'basic') return false;
  const pair = Buffer.from(credentials, 'base64').toString();
  return isEqual(pair.slice(pair.indexOf(':') + 1), token);
}

/** In a time that tells nothing of where they differ. */
function isEqual(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

/** Whether only this machine can reach an address. */
export const isLoopback = (address: string): boolean =>
  address === 'localhost' || address === '::1' || /^127\./u.test(address);
