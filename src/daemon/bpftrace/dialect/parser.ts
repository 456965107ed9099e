import { tokenize } from './lexer.ts';
import type { Token, TokenKind } from './lexer.ts';
import { AGGREGATES, mistake } from './syntax.ts';
import type {
  Call,
  Expression,
  Macro,
  MapCell,
  MapDeclaration,
  Parameter,
  Position,
  ProbeSyntax,
  Statement,
  Unit,
  Variable,
} from './syntax.ts';

/** Parses a file of bpf/. Throws on a mistake, with file and line. */
export function parse(file: string, source: string): Unit {
  const tokens = createTokens(tokenize(file, source));
  const imports: Unit['imports'][number][] = [];
  const maps: MapDeclaration[] = [];
  const macros: Macro[] = [];
  const probes: ProbeSyntax[] = [];
  while (tokens.next().kind !== 'end') {
    const { text } = tokens.next();
    if (text === 'import') imports.push(parseImport(tokens));
    else if (text === 'let') maps.push(parseMapDeclaration(tokens));
    else if (text === 'macro') macros.push(parseMacro(tokens));
    else probes.push(parseProbe(tokens));
  }
  return { file, imports, maps, macros, probes };
}

type Tokens = {
  next(): Token;
  /** Whether the next token is this symbol or word. */
  is(text: string): boolean;
  /** As `is`, and if so goes on. */
  skip(text: string): boolean;
  take(kind: TokenKind): Token;
  expect(text: string): void;
};

function createTokens(tokens: readonly Token[]): Tokens {
  let position = 0;
  const next = (): Token => {
    const token = tokens[position] ?? tokens.at(-1);
    if (!token) throw new Error('no tokens');
    return token;
  };
  const refuse = (wanted: string): Error => mistake(next().at, `expected ${wanted}, found ${next().text}`);
  const is = (text: string): boolean => next().kind !== 'string' && next().text === text;
  const skip = (text: string): boolean => {
    const isNext = is(text);
    if (isNext) position += 1;
    return isNext;
  };
  return {
    next,
    is,
    skip,
    take(kind) {
      const token = next();
      if (token.kind !== kind) throw refuse(`a ${kind}`);
      position += 1;
      return token;
    },
    expect(text) {
      if (!skip(text)) throw refuse(text);
    },
  };
}

/** `item, item, …` up to `end`, which is taken. */
function parseList<Item>(tokens: Tokens, end: string, item: () => Item): Item[] {
  const items: Item[] = [];
  while (!tokens.skip(end)) {
    if (items.length > 0) tokens.expect(',');
    items.push(item());
  }
  return items;
}

function parseImport(tokens: Tokens): Unit['imports'][number] {
  const { at } = tokens.next();
  tokens.expect('import');
  const file = tokens.take('string').text.slice(1, -1);
  tokens.expect(';');
  return { file, at };
}

function parseMapDeclaration(tokens: Tokens): MapDeclaration {
  const { at } = tokens.next();
  tokens.expect('let');
  const { name, isPerEpoch } = mapName(tokens);
  const word = (): string => tokens.take('name').text;
  const keys = tokens.skip('[') ? parseList(tokens, ']', word) : [];
  const value = tokens.skip('=') ? parseMapValue(tokens) : 'number';
  tokens.expect(';');
  return { name, isPerEpoch, keys, value, at };
}

function parseMapValue(tokens: Tokens): MapDeclaration['value'] {
  if (tokens.skip('(')) return parseList(tokens, ')', () => tokens.take('name').text);
  const { text, at } = tokens.take('name');
  const aggregate = AGGREGATES.find((name) => name === text);
  if (aggregate === undefined) throw mistake(at, `${text}() is no value of a map`);
  tokens.expect('(');
  tokens.expect(')');
  return aggregate;
}

function mapName(tokens: Tokens): Pick<MapCell, 'name' | 'isPerEpoch' | 'at'> {
  const { text, at } = tokens.take('map');
  const isPerEpoch = text.endsWith('%');
  return { name: isPerEpoch ? text.slice(1, -1) : text.slice(1), isPerEpoch, at };
}

function parseMacro(tokens: Tokens): Macro {
  tokens.expect('macro');
  const { text: name, at } = tokens.take('name');
  tokens.expect('(');
  const parameters = parseList(tokens, ')', () => parseParameter(tokens));
  tokens.expect('{');
  const body: Statement[] = [];
  let value: Expression | undefined;
  while (!tokens.skip('}')) {
    const statement = parseStatement(tokens);
    if ('value' in statement && statement.kind === 'value') {
      value = statement.value;
      if (!tokens.is('}')) throw mistake(tokens.next().at, `expected ;, found ${tokens.next().text}`);
    } else body.push(statement);
  }
  return { name, parameters, body, value, at };
}

function parseParameter(tokens: Tokens): Parameter {
  const isOutput = tokens.next().kind === 'variable';
  const { text } = tokens.take(isOutput ? 'variable' : 'name');
  return { name: isOutput ? text.slice(1) : text, isOutput };
}

function parseProbe(tokens: Tokens): ProbeSyntax {
  const { at } = tokens.next();
  const attachPoints = [parseAttachPoint(tokens)];
  while (tokens.skip(',')) attachPoints.push(parseAttachPoint(tokens));
  let predicate: Expression | undefined;
  if (tokens.skip('/')) {
    predicate = parseExpression(tokens, IN_PREDICATE);
    tokens.expect('/');
  }
  return { attachPoints, predicate, body: parseBody(tokens), at };
}

function parseAttachPoint(tokens: Tokens): string {
  const parts = [tokens.take('name').text];
  while (tokens.skip(':')) parts.push(tokens.take(tokens.next().kind === 'number' ? 'number' : 'name').text);
  return parts.join(':');
}

function parseBody(tokens: Tokens): Statement[] {
  tokens.expect('{');
  const statements: Statement[] = [];
  while (!tokens.skip('}')) {
    const statement = parseStatement(tokens);
    if (statement.kind === 'value') throw mistake(tokens.next().at, 'expected ;');
    statements.push(statement);
  }
  return statements;
}

/** An expression without a semicolon behind it: the value of a macro. */
type Value = { readonly kind: 'value'; readonly value: Expression };

function parseStatement(tokens: Tokens): Statement | Value {
  const { at } = tokens.next();
  if (tokens.skip('if')) return parseIf(tokens);
  if (tokens.skip('while')) {
    return { kind: 'while', condition: parseCondition(tokens), body: parseBody(tokens) };
  }
  if (tokens.skip('in_epoch')) {
    return { kind: 'in_epoch', epoch: parseCondition(tokens), body: parseBody(tokens), at };
  }
  if (tokens.skip('each_family')) return { kind: 'each_family', body: parseBody(tokens), at };
  if (tokens.skip('return')) {
    tokens.expect(';');
    return { kind: 'return', at };
  }
  return parseSimple(tokens, at);
}

function parseIf(tokens: Tokens): Statement {
  const condition = parseCondition(tokens);
  const then = parseBody(tokens);
  if (!tokens.skip('else')) return { kind: 'if', condition, then, otherwise: [] };
  return { kind: 'if', condition, then, otherwise: parseBody(tokens) };
}

function parseCondition(tokens: Tokens): Expression {
  tokens.expect('(');
  const condition = parseExpression(tokens);
  tokens.expect(')');
  return condition;
}

/** An assignment, a call, or the value of a macro. */
function parseSimple(tokens: Tokens, at: Position): Statement | Value {
  const expression = parseExpression(tokens);
  if (tokens.skip('=')) {
    if (!isTarget(expression)) throw mistake(at, 'only a variable or a map can be assigned to');
    const value = parseExpression(tokens);
    tokens.expect(';');
    return { kind: 'assign', target: expression, value };
  }
  if (!tokens.skip(';')) return { kind: 'value', value: expression };
  if (expression.kind !== 'call') throw mistake(at, 'an expression whose value is not used');
  return { kind: 'run', call: expression };
}

const isTarget = (expression: Expression): expression is Variable | MapCell =>
  expression.kind === 'variable' || expression.kind === 'map';

/** How tightly operators bind, as in C. */
const PRECEDENCE: Readonly<Record<string, number>> = {
  ...{ '||': 1, '&&': 2, '|': 3, '^': 4, '&': 5 },
  ...{ '==': 6, '!=': 6, '<': 7, '<=': 7, '>': 7, '>=': 7 },
  ...{ '<<': 8, '>>': 8, '+': 9, '-': 9, '*': 10, '/': 10, '%': 10 },
};

/** A predicate ends with a slash. */
const IN_PREDICATE: Readonly<Record<string, number>> = { ...PRECEDENCE, '/': 0 };

/** With operators that bind at least as tightly as `least`. */
function parseExpression(tokens: Tokens, precedences = PRECEDENCE, least = 1): Expression {
  let left = parseUnary(tokens);
  for (;;) {
    const { kind, text: operator } = tokens.next();
    const precedence = kind === 'symbol' ? (precedences[operator] ?? 0) : 0;
    if (precedence < least) return left;
    tokens.expect(operator);
    left = { kind: 'binary', operator, left, right: parseExpression(tokens, precedences, precedence + 1) };
  }
}

const UNARY: ReadonlySet<string> = new Set(['!', '-', '*', '~']);

function parseUnary(tokens: Tokens): Expression {
  const { kind, text: operator } = tokens.next();
  if (kind === 'symbol' && UNARY.has(operator)) {
    tokens.expect(operator);
    return { kind: 'unary', operator, operand: parseUnary(tokens) };
  }
  if (!tokens.skip('(')) return parsePostfix(tokens, parseAtom(tokens));
  const type = parseType(tokens);
  if (type !== undefined) return { kind: 'cast', type, operand: parseUnary(tokens) };
  return parsePostfix(tokens, parseParenthesized(tokens));
}

const INTEGERS = ['uint64', 'int64', 'uint32', 'int32', 'uint16', 'uint8'];

/** What stands behind the opening parenthesis of a cast, and its closing one. */
function parseType(tokens: Tokens): string | undefined {
  const integer = INTEGERS.find((name) => tokens.skip(name));
  const words = integer === undefined && tokens.skip('struct') ? ['struct', tokens.take('name').text] : [];
  const type = integer ?? (words.length > 0 ? words.join(' ') : undefined);
  if (type === undefined) return undefined;
  let stars = '';
  while (tokens.skip('*')) stars += '*';
  tokens.expect(')');
  return stars === '' ? type : `${type} ${stars}`;
}

/** Behind an opening parenthesis: one expression, or a tuple of several. */
function parseParenthesized(tokens: Tokens): Expression {
  const inner = parseExpression(tokens);
  if (tokens.skip(')')) return { kind: 'group', inner };
  tokens.expect(',');
  return { kind: 'tuple', parts: [inner, ...parseList(tokens, ')', () => parseExpression(tokens))] };
}

function parseAtom(tokens: Tokens): Expression {
  const { kind, text, at } = tokens.next();
  switch (kind) {
    case 'number':
      return { kind: 'number', text: tokens.take('number').text };
    case 'string':
      return { kind: 'string', text: tokens.take('string').text };
    case 'variable':
      return { kind: 'variable', name: tokens.take('variable').text.slice(1), at };
    case 'map':
      return { kind: 'map', ...mapName(tokens), keys: parseKeys(tokens) };
    case 'name':
      return parseNameOrCall(tokens);
    case 'symbol':
    case 'end':
      throw mistake(at, `expected an expression, found ${text}`);
  }
}

const parseKeys = (tokens: Tokens): Expression[] =>
  tokens.skip('[') ? parseList(tokens, ']', () => parseExpression(tokens)) : [];

function parseNameOrCall(tokens: Tokens): Call | Extract<Expression, { kind: 'name' }> {
  const { text: name, at } = tokens.take('name');
  if (!tokens.skip('(')) return { kind: 'name', name, at };
  return { kind: 'call', name, args: parseList(tokens, ')', () => parseExpression(tokens)), at };
}

function parsePostfix(tokens: Tokens, object: Expression): Expression {
  const operator = (['->', '.'] as const).find((each) => tokens.skip(each));
  if (operator === undefined) return object;
  const name = tokens.take(tokens.next().kind === 'number' ? 'number' : 'name').text;
  return parsePostfix(tokens, { kind: 'member', object, operator, name });
}
