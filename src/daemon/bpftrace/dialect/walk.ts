import type { Expression, Statement } from './syntax.ts';

/** The expressions right below an expression. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'number':
    case 'string':
    case 'name':
    case 'variable':
      return [];
    case 'map':
      return expression.keys;
    case 'call':
      return expression.args;
    case 'unary':
    case 'cast':
      return [expression.operand];
    case 'binary':
      return [expression.left, expression.right];
    case 'member':
      return [expression.object];
    case 'group':
      return [expression.inner];
    case 'tuple':
      return expression.parts;
  }
}

/** Calls `visit` with an expression and all below it, outermost first. */
export function visitExpression(expression: Expression, visit: (expression: Expression) => void): void {
  visit(expression);
  for (const part of partsOf(expression)) visitExpression(part, visit);
}

/** An expression with some below it replaced; `change` gives undefined to look further down. */
export function replaceExpressions(
  expression: Expression,
  change: (expression: Expression) => Expression | undefined,
): Expression {
  const changed = change(expression);
  if (changed) return changed;
  const inside = (part: Expression): Expression => replaceExpressions(part, change);
  // Written out: a spread costs several times as much, and a program has some 50 000 of these.
  const { kind } = expression;
  switch (kind) {
    case 'number':
    case 'string':
    case 'name':
    case 'variable':
      return expression;
    case 'map': {
      const { name, isPerEpoch, keys, at } = expression;
      return keys.length === 0 ? expression : { kind, name, isPerEpoch, keys: keys.map(inside), at };
    }
    case 'call':
      return { kind, name: expression.name, args: expression.args.map(inside), at: expression.at };
    case 'unary':
      return { kind, operator: expression.operator, operand: inside(expression.operand) };
    case 'cast':
      return { kind, type: expression.type, operand: inside(expression.operand) };
    case 'binary': {
      const { operator, left, right } = expression;
      return { kind, operator, left: inside(left), right: inside(right) };
    }
    case 'member': {
      const { object, operator, name } = expression;
      return { kind, object: inside(object), operator, name };
    }
    case 'group':
      return { kind, inner: inside(expression.inner) };
    case 'tuple':
      return { kind, parts: expression.parts.map(inside) };
  }
}

/** The statements right below a statement. */
export function bodiesOf(statement: Statement): readonly (readonly Statement[])[] {
  switch (statement.kind) {
    case 'if':
      return [statement.then, statement.otherwise];
    case 'while':
    case 'in_epoch':
    case 'each_family':
      return [statement.body];
    case 'assign':
    case 'run':
    case 'return':
      return [];
  }
}

/** The expressions of a statement itself, without the statements below it. */
export function ownExpressions(statement: Statement): readonly Expression[] {
  switch (statement.kind) {
    case 'assign':
      return [statement.value, statement.target];
    case 'run':
      return [statement.call];
    case 'if':
    case 'while':
      return [statement.condition];
    case 'in_epoch':
      return [statement.epoch];
    case 'each_family':
    case 'return':
      return [];
  }
}

/** Calls `visit` with statements and all below them, in order. */
export function visitStatements(
  statements: readonly Statement[],
  visit: (statement: Statement) => void,
): void {
  for (const statement of statements) {
    visit(statement);
    for (const body of bodiesOf(statement)) visitStatements(body, visit);
  }
}

/** A statement with its own expressions and its bodies replaced. */
export function mapStatement(
  statement: Statement,
  expression: (expression: Expression) => Expression,
  body: (statements: readonly Statement[]) => readonly Statement[],
): Statement {
  const { kind } = statement;
  switch (kind) {
    case 'assign': {
      const target = expression(statement.target);
      if (target.kind !== 'variable' && target.kind !== 'map') throw new Error('a target became a value');
      return { kind, target, value: expression(statement.value) };
    }
    case 'run': {
      const call = expression(statement.call);
      if (call.kind !== 'call') throw new Error('a call became a value');
      return { kind, call };
    }
    case 'if': {
      const { condition, then, otherwise } = statement;
      return { kind, condition: expression(condition), then: body(then), otherwise: body(otherwise) };
    }
    case 'while':
      return { kind, condition: expression(statement.condition), body: body(statement.body) };
    case 'in_epoch':
      return { kind, epoch: expression(statement.epoch), body: body(statement.body), at: statement.at };
    case 'each_family':
      return { kind, body: body(statement.body), at: statement.at };
    case 'return':
      return statement;
  }
}
