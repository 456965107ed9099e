import type { Call, MapCell, MapDeclaration, Statement } from './syntax.ts';
import { mapStatement } from './walk.ts';

/** How old versions of bpftrace count, where what the programs in bpf/ do costs more or is refused. */

/** stats() counts and sums in one map, where it takes one entry a key; before 0.18 it takes two. */
export const splitStats = (statements: readonly Statement[]): Statement[] =>
  rewrite(statements, (statement) => {
    if (statement.kind === 'assign' && statement.target.kind === 'map') {
      const { target, value } = statement;
      if (value.kind !== 'call' || value.name !== 'stats') return undefined;
      return [
        { ...statement, target: countOf(target), value: callOf(value, 'count') },
        { ...statement, value: { ...value, name: 'sum' } },
      ];
    }
    if (statement.kind !== 'run' || statement.call.name !== 'print') return undefined;
    const [map] = statement.call.args;
    if (map?.kind !== 'map' || map.name !== LATENCY) return undefined;
    const counts = ['print', 'clear'].map((name): Statement => ({
      kind: 'run',
      call: { ...statement.call, name, args: [countOf(map)] },
    }));
    return [...counts, statement];
  });

const LATENCY = 'latency';
const countOf = (map: MapCell): MapCell => ({ ...map, name: 'count' });
const callOf = ({ at }: Call, name: string): Call => ({ kind: 'call', name, args: [], at });

/** The maps of a program after `splitStats`. */
export const splitStatsMaps = (maps: readonly MapDeclaration[]): MapDeclaration[] =>
  maps.flatMap((map) =>
    map.value === 'stats'
      ? [
          { ...map, name: 'count', value: 'count' as const },
          { ...map, value: 'sum' as const },
        ]
      : [map],
  );

/** Where the second CPU to make a key is refused, it adds nothing first: that may be refused. */
export const makeKeysFirst = (statements: readonly Statement[]): Statement[] =>
  rewrite(statements, (statement) => {
    if (statement.kind !== 'assign' || statement.value.kind !== 'call') return undefined;
    const { value } = statement;
    if (value.name !== 'count' && value.name !== 'sum') return undefined;
    const zero = { kind: 'number', text: '0' } as const;
    const [amount = { kind: 'number', text: '1' } as const] = value.args;
    return [zero, amount].map((added): Statement => ({
      ...statement,
      value: { ...value, name: 'sum', args: [added] },
    }));
  });

function rewrite(
  statements: readonly Statement[],
  change: (statement: Statement) => readonly Statement[] | undefined,
): Statement[] {
  return statements.flatMap(
    (statement) =>
      change(statement) ?? [
        mapStatement(
          statement,
          (expression) => expression,
          (body) => rewrite(body, change),
        ),
      ],
  );
}
