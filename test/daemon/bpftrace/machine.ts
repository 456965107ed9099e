import { compose } from '../../../src/daemon/bpftrace/compose.ts';
import type { ComposeOptions } from '../../../src/daemon/bpftrace/compose.ts';
import { parse } from '../../../src/daemon/bpftrace/dialect/parser.ts';
import type {
  Call,
  Expression,
  MapCell,
  ProbeSyntax,
  Statement,
} from '../../../src/daemon/bpftrace/dialect/syntax.ts';

/** Runs composed programs on made-up kernel objects, to try what a real kernel does once in a month. */

/** A struct at an address; fields that are not given are 0. */
export type Struct = { readonly address: bigint; readonly [field: string]: Value };
export type Value = bigint | string | Struct;

/** What a program sees where it runs: the words of bpftrace that it reads. */
export type Event = {
  readonly nsecs: bigint;
  readonly curtask: Struct;
  readonly args?: Struct;
  readonly [word: string]: Value | undefined;
};

export type Machine = {
  /** Runs the probes on an attach point, in order. */
  fire(attachPoint: string, event: Event): void;
  /** A map's entries by their keys, joined by commas. */
  map(name: string): ReadonlyMap<string, Value>;
  /** The tuples sent so far. */
  readonly sent: readonly (readonly Value[])[];
};

const DEFAULTS: ComposeOptions = {
  fragments: [],
  intervalMs: 5000,
  slowNs: 1,
  exemplarsPerSecond: 1000,
  cpuCount: 2,
  mapMemoryBytes: 2 ** 26,
  hasWideStats: false,
  sharesNewKeys: true,
  control: { token: 2 ** 21, startTicks: 123, pid: 456 },
};

/** `structs`: all that can be reached through an address. */
export function startMachine(
  options: Partial<ComposeOptions> & Pick<ComposeOptions, 'fragments'>,
  structs: readonly Struct[],
): Machine {
  const { probes } = parse('program', compose({ ...DEFAULTS, ...options }).program);
  const maps = new Map<string, Map<string, Value>>();
  const sent: (readonly Value[])[] = [];
  const memory = new Map(structs.map((struct) => [struct.address, struct]));
  const world = { maps, sent, memory };
  const fire = (attachPoint: string, event: Event): void => {
    const hooked = probes.filter(({ attachPoints }) => attachPoints.includes(attachPoint));
    if (hooked.length === 0) throw new Error(`nothing hooks ${attachPoint}`);
    for (const probe of hooked) runProbe(probe, { ...world, event, variables: new Map() });
  };
  fire('BEGIN', { nsecs: 0n, curtask: { address: 0n } });
  return { fire, sent, map: (name) => maps.get(name) ?? new Map<string, Value>() };
}

type Run = {
  readonly maps: Map<string, Map<string, Value>>;
  readonly sent: (readonly Value[])[];
  readonly memory: ReadonlyMap<bigint, Struct>;
  readonly event: Event;
  readonly variables: Map<string, Value>;
};

const U64 = 64;
const isStruct = (value: Value): value is Struct => typeof value === 'object' && 'address' in value;

function number(value: Value): bigint {
  if (typeof value === 'bigint') return value;
  if (isStruct(value)) return value.address;
  throw new Error(`no number: ${JSON.stringify(value)}`);
}

function runProbe({ predicate, body }: ProbeSyntax, run: Run): void {
  if (predicate && number(evaluate(predicate, run)) === 0n) return;
  runAll(body, run);
}

function runAll(statements: readonly Statement[], run: Run): void {
  for (const statement of statements) runOne(statement, run);
}

function runOne(statement: Statement, run: Run): void {
  switch (statement.kind) {
    case 'assign':
      assign(statement.target, statement.value, run);
      break;
    case 'run':
      call(statement.call, run);
      break;
    case 'if':
      runAll(isTrue(statement.condition, run) ? statement.then : statement.otherwise, run);
      break;
    case 'while':
      while (isTrue(statement.condition, run)) runAll(statement.body, run);
      break;
    case 'return':
    case 'in_epoch':
    case 'each_family':
      throw new Error(`${statement.kind} in a composed program`);
  }
}

const isTrue = (condition: Expression, run: Run): boolean => number(evaluate(condition, run)) !== 0n;

function assign(target: Expression, value: Expression, run: Run): void {
  if (target.kind === 'variable') {
    run.variables.set(target.name, evaluate(value, run));
    return;
  }
  if (target.kind !== 'map') throw new Error('no target');
  const map = run.maps.get(target.name) ?? new Map<string, Value>();
  run.maps.set(target.name, map);
  const key = keyOf(target, run);
  map.set(key, value.kind === 'call' ? aggregate(value, map.get(key), run) : evaluate(value, run));
}

function aggregate({ name, args: [argument] }: Call, before: Value | undefined, run: Run): Value {
  const old = number(before ?? 0n);
  if (name === 'count') return old + 1n;
  const value = number(evaluate(argument!, run));
  if (name === 'sum') return old + value;
  if (name === 'max') return value > old ? value : old;
  throw new Error(`${name}() is not known here`);
}

const keyOf = ({ keys }: MapCell, run: Run): string =>
  keys.map((key) => number(evaluate(key, run)).toString()).join(',');

function call({ name, args: [argument] }: Call, run: Run): void {
  if (argument?.kind === 'map') {
    if (name === 'clear') run.maps.get(argument.name)?.clear();
    if (name === 'delete') run.maps.get(argument.name)?.delete(keyOf(argument, run));
  } else if (name === 'print') {
    if (argument?.kind === 'tuple') run.sent.push(argument.parts.map((part) => evaluate(part, run)));
  }
}

function evaluate(expression: Expression, run: Run): Value {
  switch (expression.kind) {
    case 'number':
      return BigInt(expression.text);
    case 'string':
      return expression.text.slice(1, -1);
    case 'name':
      return word(expression.name, run);
    case 'variable':
      return run.variables.get(expression.name) ?? 0n;
    case 'map':
      return run.maps.get(expression.name)?.get(keyOf(expression, run)) ?? 0n;
    case 'call':
      return text(expression, run);
    case 'unary':
      return unary(expression.operator, evaluate(expression.operand, run));
    case 'cast':
      return cast(expression.type, evaluate(expression.operand, run), run);
    case 'binary':
      return binary(expression.operator, expression.left, expression.right, run);
    case 'member':
      return member(evaluate(expression.object, run), expression.name, run);
    case 'group':
      return evaluate(expression.inner, run);
    case 'tuple':
      return tupleOf(expression.parts.map((part) => evaluate(part, run)));
  }
}

const tupleOf = (parts: readonly Value[]): Struct => ({
  address: 0n,
  ...Object.fromEntries(parts.map((part, place) => [String(place), part])),
});

const word = (name: string, { event }: Run): Value => event[name] ?? (name === 'comm' ? '' : 0n);

function text({ name, args }: Call, run: Run): Value {
  const [one = '', other = '', length = 0n] = args.map((argument) => evaluate(argument, run));
  if (name === 'str') return one;
  if (name !== 'strncmp') throw new Error(`${name}() is not known here`);
  const head = (value: Value): string =>
    typeof value === 'string' ? value.slice(0, Number(number(length))) : '';
  return head(one) === head(other) ? 0n : 1n;
}

/** What no struct is at reads as 0, as a failed read of the kernel's memory does. */
function unary(operator: string, value: Value): Value {
  if (operator === '!') return number(value) === 0n ? 1n : 0n;
  if (operator === '*') return isStruct(value) ? (value['value'] ?? 0n) : 0n;
  return BigInt.asUintN(U64, operator === '-' ? -number(value) : ~number(value));
}

function cast(type: string, value: Value, { memory }: Run): Value {
  if (type.endsWith('*')) return isStruct(value) ? value : (memory.get(number(value)) ?? number(value));
  const bits = Number(/\d+/u.exec(type)?.[0]);
  return type.startsWith('u') ? BigInt.asUintN(bits, number(value)) : BigInt.asIntN(bits, number(value));
}

function member(object: Value, name: string, { memory }: Run): Value {
  const struct = isStruct(object) ? object : typeof object === 'bigint' ? memory.get(object) : undefined;
  return struct?.[name] ?? 0n;
}

function binary(operator: string, left: Expression, right: Expression, run: Run): Value {
  const one = number(evaluate(left, run));
  if (operator === '&&') return one !== 0n && isTrue(right, run) ? 1n : 0n;
  if (operator === '||') return one !== 0n || isTrue(right, run) ? 1n : 0n;
  const other = number(evaluate(right, run));
  const compared = COMPARE[operator]?.(one, other);
  if (compared !== undefined) return compared ? 1n : 0n;
  const result = COMPUTE[operator]?.(one, other);
  if (result === undefined) throw new Error(`${operator} is not known here`);
  return one < 0n || other < 0n ? BigInt.asIntN(U64, result) : BigInt.asUintN(U64, result);
}

const COMPARE: Readonly<Record<string, (one: bigint, other: bigint) => boolean>> = {
  '==': (one, other) => one === other,
  '!=': (one, other) => one !== other,
  '<': (one, other) => one < other,
  '<=': (one, other) => one <= other,
  '>': (one, other) => one > other,
  '>=': (one, other) => one >= other,
};

const COMPUTE: Readonly<Record<string, (one: bigint, other: bigint) => bigint>> = {
  '+': (one, other) => one + other,
  '-': (one, other) => one - other,
  '*': (one, other) => one * other,
  '/': (one, other) => one / other,
  '%': (one, other) => one % other,
  '&': (one, other) => one & other,
  '|': (one, other) => one | other,
  '^': (one, other) => one ^ other,
  '<<': (one, other) => one << other,
  '>>': (one, other) => one >> other,
};
