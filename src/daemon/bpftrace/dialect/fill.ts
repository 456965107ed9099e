import { SYSCALL_ARGUMENTS } from '../architecture.ts';
import type { Constants } from '../constants.ts';
import type { Expression, Statement } from './syntax.ts';
import { mapStatement, replaceExpressions } from './walk.ts';

/**
 * The numbers in place of the constants, and this machine's names for the arguments of system calls; and where a number stands alone, what 0.17 to 0.23 need to take it for
 * one that is as wide and unsigned as all others: `(uint64)1`.
 */
export function fillConstants(statements: readonly Statement[], constants: Constants): Statement[] {
  return statements.map((statement): Statement => {
    const filled = mapStatement(
      statement,
      (expression) => fillExpression(expression, constants),
      (body) => fillConstants(body, constants),
    );
    return filled.kind === 'assign' ? { ...filled, value: widen(filled.value) } : filled;
  });
}

export function fillExpression(expression: Expression, constants: Constants): Expression {
  return replaceExpressions(expression, (part) => {
    const inside = (below: Expression): Expression => fillExpression(below, constants);
    if (part.kind === 'name') return numberOf(constants[part.name]);
    if (part.kind === 'map') return { ...part, keys: part.keys.map((key) => widen(inside(key))) };
    if (part.kind === 'tuple') return { ...part, parts: part.parts.map((each) => widen(inside(each))) };
    if (part.kind === 'call') {
      return { ...part, args: part.args.map((argument) => widenAmount(part.name, inside(argument))) };
    }
    if (part.kind !== 'member') return undefined;
    return { ...part, object: inside(part.object), name: SYSCALL_ARGUMENTS[part.name] ?? part.name };
  });
}

const numberOf = (value: number | undefined): Expression | undefined =>
  value === undefined ? undefined : { kind: 'number', text: value.toFixed(0) };

const widenAmount = (name: string, argument: Expression): Expression =>
  name === 'sum' ? widen(argument) : argument;

function widen(expression: Expression): Expression {
  return expression.kind === 'number' ? { kind: 'cast', type: 'uint64', operand: expression } : expression;
}
