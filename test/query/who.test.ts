import { expect, test } from 'vitest';
import { matchWho, nameOf } from '../../src/query/who.ts';
import type { Who } from '../../src/query/who.ts';

const pod = (namespace: string, name: string, container: string): Who => ({
  namespace,
  pod: name,
  container,
  cgroup_path: null,
});
const all: readonly Who[] = [
  pod('default', 'web-0', 'app'),
  pod('default', 'web-1', 'app'),
  pod('shop', 'web-0', 'app'),
  { namespace: null, pod: null, container: 'redis', cgroup_path: null },
  { namespace: null, pod: null, container: 'odd[name', cgroup_path: null },
  { namespace: null, pod: null, container: null, cgroup_path: '/system.slice/containerd.service' },
  { namespace: null, pod: null, container: null, cgroup_path: null },
];

test('every name that is printed means the one it was printed for', () => {
  for (const who of all) expect(matchWho(nameOf(who), all)).toContain(who);
  expect(matchWho('default/web-0/app', all)).toEqual([all[0]]);
});

test.each([
  ['app', ['default/web-0/app', 'default/web-1/app', 'shop/web-0/app']],
  ['web-0/app', ['default/web-0/app', 'shop/web-0/app']],
  ['default/*/app', ['default/web-0/app', 'default/web-1/app']],
  ['web-[01]/a*', ['default/web-0/app', 'default/web-1/app', 'shop/web-0/app']],
  ['*', ['default/web-0/app', 'default/web-1/app', 'shop/web-0/app', 'redis', 'odd[name', '(gone)']],
  ['/system.slice/*.service', ['/system.slice/containerd.service']],
  ['odd[name', ['odd[name']],
  ['nope', []],
  ['web-0', []],
])('%s means %j', (typed, names) => {
  expect(matchWho(typed, all).map(nameOf)).toEqual(names);
});
