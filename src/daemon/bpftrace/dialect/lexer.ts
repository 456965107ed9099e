import { mistake } from './syntax.ts';
import type { Position } from './syntax.ts';

export type TokenKind = 'number' | 'string' | 'name' | 'variable' | 'map' | 'symbol' | 'end';
export type Token = { readonly kind: TokenKind; readonly text: string; readonly at: Position };

/** In this order: `@rows%` is one token, `->` comes before `-`. */
const RULES: readonly (readonly [TokenKind | 'skipped', RegExp])[] = [
  ['skipped', /(?:\s+|\/\/.*)+/u],
  ['number', /0x[0-9a-f]+|\d+/u],
  ['string', /"[^"\n]*"/u],
  ['name', /[A-Za-z_]\w*/u],
  ['variable', /\$[A-Za-z_]\w*/u],
  ['map', /@[A-Za-z_]\w*%?/u],
  ['symbol', /->|==|!=|<=|>=|<<|>>|&&|\|\||[-+*/%&|^!~<>=(){}[\],;:.]/u],
];
const ANY = new RegExp(RULES.map(([, { source }]) => `(${source})`).join('|'), 'uy');

export function tokenize(file: string, source: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  for (let position = 0; position < source.length; position = ANY.lastIndex) {
    ANY.lastIndex = position;
    const match = ANY.exec(source);
    if (!match) throw mistake({ file, line }, `unexpected ${JSON.stringify(source[position])}`);
    const [text] = match;
    const kind = RULES[match.indexOf(text, 1) - 1]?.[0];
    if (kind === 'skipped') line += text.split('\n').length - 1;
    else if (kind !== undefined) tokens.push({ kind, text, at: { file, line } });
  }
  return [...tokens, { kind: 'end', text: 'the end of the file', at: { file, line } }];
}
