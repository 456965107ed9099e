import type { Expression, MapDeclaration, Statement } from './syntax.ts';
import { mapStatement, replaceExpressions } from './walk.ts';

/**
 * Maps that exist for each of two sets: `@name%` is `@name_a` and `@name_b`, of which one is written while the
 * other is printed. And once more, as `@irq_name_a` and `@irq_name_b`, for what is counted in interrupts.
 */
export type MapFamily = 'task' | 'interrupt';
const PREFIXES: Readonly<Record<MapFamily, string>> = { task: '', interrupt: 'irq_' };
const SETS = ['a', 'b'] as const;

/** Statements of a program that counts in `family`; `families`: those that any program counts in. */
export function expandEpochs(
  statements: readonly Statement[],
  family: MapFamily,
  families: readonly MapFamily[],
): Statement[] {
  return expandIn(statements, { family, families, set: undefined });
}

/** The names that a declared map has in a program of these families. */
export function mapNames({ name, isPerEpoch }: MapDeclaration, families: readonly MapFamily[]): string[] {
  if (!isPerEpoch) return [name];
  return families.flatMap((family) => SETS.map((set) => nameIn(name, family, set)));
}

type Where = {
  readonly family: MapFamily;
  readonly families: readonly MapFamily[];
  readonly set: (typeof SETS)[number] | undefined;
};

const expandIn = (statements: readonly Statement[], where: Where): Statement[] =>
  statements.flatMap((statement) => expandOne(statement, where));

function expandOne(statement: Statement, where: Where): Statement[] {
  if (statement.kind === 'each_family') {
    return where.families.flatMap((family) => expandIn(statement.body, { ...where, family }));
  }
  if (statement.kind === 'in_epoch') {
    const { epoch, body } = statement;
    const first = { kind: 'number', text: '0' } as const;
    return [
      {
        kind: 'if',
        condition: { kind: 'binary', operator: '==', left: epoch, right: first },
        then: expandIn(body, { ...where, set: 'a' }),
        otherwise: expandIn(body, { ...where, set: 'b' }),
      },
    ];
  }
  const here = (expression: Expression): Expression =>
    where.set === undefined ? expression : inSet(expression, where);
  return [mapStatement(statement, here, (body) => expandIn(body, where))];
}

function inSet(expression: Expression, { family, set }: Where): Expression {
  return replaceExpressions(expression, (part) => {
    if (part.kind !== 'map' || !part.isPerEpoch || set === undefined) return undefined;
    const keys = part.keys.map((key) => inSet(key, { family, families: [], set }));
    return { ...part, name: nameIn(part.name, family, set), isPerEpoch: false, keys };
  });
}

const nameIn = (name: string, family: MapFamily, set: string): string => `${PREFIXES[family]}${name}_${set}`;
