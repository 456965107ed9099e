import type { Expression, ProbeSyntax, Statement } from './syntax.ts';

/** A probe as bpftrace reads it. */
export function printProbe({ attachPoints, predicate, body }: ProbeSyntax): string {
  const condition = predicate ? `/${printExpression(predicate)}/ ` : '';
  return `${attachPoints.join(',\n')} ${condition}{\n${printStatements(body, '  ')}}\n`;
}

export function printStatements(statements: readonly Statement[], indent: string): string {
  return statements.map((statement) => printStatement(statement, indent)).join('');
}

function printStatement(statement: Statement, indent: string): string {
  const block = (body: readonly Statement[]): string =>
    `{\n${printStatements(body, `${indent}  `)}${indent}}`;
  switch (statement.kind) {
    case 'assign':
      return `${indent}${printExpression(statement.target)} = ${printExpression(statement.value)};\n`;
    case 'run':
      return `${indent}${printExpression(statement.call)};\n`;
    case 'if': {
      const { condition, then, otherwise } = statement;
      const rest = otherwise.length > 0 ? ` else ${block(otherwise)}` : '';
      return `${indent}if (${printExpression(condition)}) ${block(then)}${rest}\n`;
    }
    case 'while':
      return `${indent}while (${printExpression(statement.condition)}) ${block(statement.body)}\n`;
    case 'return':
      return `${indent}return;\n`;
    case 'in_epoch':
    case 'each_family':
      throw new Error(`${statement.kind} is not expanded`);
  }
}

export function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'number':
    case 'string':
      return expression.text;
    case 'name':
      return expression.name;
    case 'variable':
      return `$${expression.name}`;
    case 'map':
      return `@${expression.name}${expression.keys.length > 0 ? `[${printList(expression.keys)}]` : ''}`;
    case 'call':
      return `${expression.name}(${printList(expression.args)})`;
    case 'unary':
      return `${expression.operator}${printExpression(expression.operand)}`;
    case 'cast':
      return `(${expression.type})${printExpression(expression.operand)}`;
    case 'binary':
      return `${printExpression(expression.left)} ${expression.operator} ${printExpression(expression.right)}`;
    case 'member':
      return `${printExpression(expression.object)}${expression.operator}${expression.name}`;
    case 'group':
      return `(${printExpression(expression.inner)})`;
    case 'tuple':
      return `(${printList(expression.parts)})`;
  }
}

const printList = (expressions: readonly Expression[]): string => expressions.map(printExpression).join(', ');
