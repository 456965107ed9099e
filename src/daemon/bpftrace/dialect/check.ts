import { CALLABLE, WORDS } from './builtins.ts';
import type { Block, Program } from './program.ts';
import { mistake } from './syntax.ts';
import type {
  Call,
  Expression,
  Macro,
  MapCell,
  Position,
  ProbeSyntax,
  Statement,
  Variable,
} from './syntax.ts';
import { bodiesOf, ownExpressions, partsOf, visitExpression } from './walk.ts';

/** Throws on the first mistake in a file, with file and line. `known`: the names of the constants there are. */
export function check(program: Program, known: ReadonlySet<string>): void {
  const used = { maps: new Set<string>(), blocks: new Set<string>() };
  for (const macro of program.macros) checkMacro(program, macro, known, used);
  for (const probe of program.probes) checkProbe(program, probe, known, used);
  const idle = program.maps.find(({ name }) => !used.maps.has(name));
  if (idle) throw mistake(idle.at, `@${idle.name} is not used in this file`);
  for (const [index, { file, at }] of program.imports.entries()) {
    const macros = program.imported[index]?.macros ?? [];
    const hasProbes = (program.imported[index]?.probes.length ?? 0) > 0;
    if (!hasProbes && !macros.some(({ name }) => used.blocks.has(name))) {
      throw mistake(at, `nothing of ${file} is used`);
    }
  }
}

type Used = { readonly maps: Set<string>; readonly blocks: Set<string> };

/** What is known where a statement stands. */
type Scope = {
  readonly program: Program;
  readonly constants: ReadonlySet<string>;
  readonly used: Used;
  readonly inputs: ReadonlySet<string>;
  readonly outputs: ReadonlySet<string>;
  /** Names that were read so far, of inputs and of variables. */
  readonly read: Set<string>;
  /** Variables with the place they were first set at, whichever body that was in. */
  readonly assigned: Map<string, Position>;
  /** Variables that are set here: those of a body end with it, as from bpftrace 0.22 on. */
  readonly set: Set<string>;
  readonly isMacro: boolean;
  readonly isInEpoch: boolean;
};

function checkProbe(program: Program, probe: ProbeSyntax, constants: ReadonlySet<string>, used: Used): void {
  const scope = newScope({ program, constants, used, inputs: new Set(), outputs: new Set(), isMacro: false });
  if (probe.predicate) checkExpression(probe.predicate, scope);
  checkBody(probe.body, scope);
  refuseIdle(scope);
}

function checkMacro(program: Program, macro: Macro, constants: ReadonlySet<string>, used: Used): void {
  const { name, parameters, at } = macro;
  if (CALLABLE.has(name)) throw mistake(at, `${name} is a function of bpftrace`);
  const names = parameters.map((parameter) => parameter.name);
  for (const [index, taken] of names.entries()) {
    if (WORDS.has(taken)) throw mistake(at, `${taken} is a word of bpftrace and can’t be a parameter`);
    if (constants.has(taken)) throw mistake(at, `${taken} is a constant and can’t be a parameter`);
    if (names.indexOf(taken) !== index) throw mistake(at, `${name} has two parameters ${taken}`);
  }
  const inputs = new Set(parameters.flatMap((each) => (each.isOutput ? [] : each.name)));
  const outputs = new Set(parameters.flatMap((each) => (each.isOutput ? each.name : [])));
  const scope = newScope({ program, constants, used, inputs, outputs, isMacro: true });
  checkBody(macro.body, scope);
  if (macro.value) checkExpression(macro.value, scope);
  for (const input of inputs) {
    if (!scope.read.has(input)) throw mistake(at, `${name} does not use its input ${input}`);
  }
  for (const output of outputs) {
    if (!scope.assigned.has(output)) throw mistake(at, `${name} does not set its output $${output}`);
  }
  refuseIdle(scope);
}

function newScope(scope: Omit<Scope, 'read' | 'assigned' | 'set' | 'isInEpoch'>): Scope {
  return {
    ...scope,
    read: new Set(),
    assigned: new Map(),
    set: new Set(scope.outputs),
    isInEpoch: false,
  };
}

function refuseIdle({ assigned, read, outputs }: Scope): void {
  for (const [name, at] of assigned) {
    if (!read.has(name) && !outputs.has(name)) throw mistake(at, `$${name} is set and never read`);
  }
}

function checkBody(statements: readonly Statement[], scope: Scope): void {
  for (const statement of statements) checkStatement(statement, scope);
}

function checkStatement(statement: Statement, scope: Scope): void {
  const block = blockRunBy(statement, scope.program);
  if (block) checkRun(statement, block, scope);
  else for (const expression of ownExpressions(statement)) checkOwn(statement, expression, scope);
  if (statement.kind === 'assign' && statement.target.kind === 'variable') {
    setVariable(statement.target.name, statement.target.at, scope);
  }
  if (statement.kind === 'return' && scope.isMacro) throw mistake(statement.at, 'a block can’t return');
  if (statement.kind === 'in_epoch' && scope.isInEpoch)
    throw mistake(statement.at, 'in_epoch within in_epoch');
  for (const body of bodiesOf(statement)) {
    const isInEpoch = scope.isInEpoch || statement.kind === 'in_epoch';
    checkBody(body, { ...scope, set: new Set(scope.set), isInEpoch });
  }
}

/** A variable that is assigned need not be set before. */
function checkOwn(statement: Statement, expression: Expression, scope: Scope): void {
  const isTarget = statement.kind === 'assign' && expression === statement.target;
  if (!isTarget || expression.kind !== 'variable') checkExpression(expression, scope);
}

function setVariable(name: string, at: Position, { set, assigned }: Scope): void {
  set.add(name);
  if (!assigned.has(name)) assigned.set(name, at);
}

/** The block that a statement runs, `name(…);` or `$x = name(…);`. */
export function blockRunBy(statement: Statement, { blocks }: Program): Run | undefined {
  const call = statement.kind === 'run' ? statement.call : statement.kind === 'assign' && statement.value;
  if (call === false || call.kind !== 'call') return undefined;
  const block = blocks.get(call.name);
  return block && { ...block, call };
}

export type Run = Block & { readonly call: Call };

function checkRun(statement: Statement, { macro, call }: Run, scope: Scope): void {
  const { name, args, at } = call;
  const { parameters, value } = macro;
  scope.used.blocks.add(name);
  if (args.length !== parameters.length) {
    throw mistake(at, `${name} takes ${String(parameters.length)} arguments, not ${String(args.length)}`);
  }
  if (value && statement.kind === 'run') throw mistake(at, `the value of ${name} is not used`);
  if (!value && statement.kind === 'assign') throw mistake(at, `${name} has no value`);
  const outputs = parameters.flatMap(({ isOutput }, index) => (isOutput ? (args[index] ?? []) : []));
  for (const [index, parameter] of parameters.entries()) {
    const argument = args[index];
    if (argument && parameter.isOutput) checkOutput(argument, `${name}'s $${parameter.name}`, at, scope);
    else if (argument) checkInput(argument, outputs, at, scope);
  }
  if (statement.kind === 'assign' && statement.target.kind !== 'variable') {
    throw mistake(at, `the value of ${name} can be assigned to a variable only`);
  }
}

function checkOutput(argument: Expression, output: string, at: Position, scope: Scope): void {
  if (argument.kind !== 'variable') throw mistake(at, `${output} is set: pass a variable`);
  checkExpression(argument, scope);
  setVariable(argument.name, at, scope);
}

/** Whether an input is read once or at each use must make no difference: bpftrace does the latter. */
function checkInput(argument: Expression, outputs: readonly Expression[], at: Position, scope: Scope): void {
  checkExpression(argument, scope);
  visitExpression(argument, (part) => {
    const changes =
      part.kind === 'map' || part.kind === 'call' || (part.kind === 'name' && part.name === 'nsecs');
    if (changes) throw mistake(at, 'an input that can change meanwhile: assign it to a variable first');
    const isSet = outputs.some(
      (output) => output.kind === 'variable' && part.kind === 'variable' && output.name === part.name,
    );
    if (isSet) throw mistake(at, 'a variable that is both input and output');
  });
}

function checkExpression(expression: Expression, scope: Scope): void {
  if (expression.kind === 'call') {
    checkFunction(expression, scope);
    return;
  }
  if (expression.kind === 'name') checkName(expression.name, expression.at, scope);
  if (expression.kind === 'variable') checkVariable(expression, scope);
  if (expression.kind === 'map') {
    checkMap(expression, scope);
    checkKeys(expression, scope);
  }
  for (const part of partsOf(expression)) checkExpression(part, scope);
}

function checkVariable({ name, at }: Variable, { set, read }: Scope): void {
  if (!set.has(name)) throw mistake(at, `$${name} is not set here`);
  read.add(name);
}

function checkName(name: string, at: Position, { inputs, read, constants }: Scope): void {
  if (inputs.has(name)) read.add(name);
  else if (!WORDS.has(name) && !constants.has(name)) throw mistake(at, `${name} is not known`);
}

function checkMap({ name, isPerEpoch, at }: MapCell, { program, used, isInEpoch }: Scope): void {
  const declared = program.maps.find((map) => map.name === name && map.isPerEpoch === isPerEpoch);
  if (!declared) throw mistake(at, `@${name}${isPerEpoch ? '%' : ''} is not declared in this file`);
  if (isPerEpoch && !isInEpoch) throw mistake(at, `@${name}% outside in_epoch`);
  used.maps.add(name);
}

function checkKeys({ name, keys, at }: MapCell, { program }: Scope): void {
  const declared = program.maps.find((map) => map.name === name)?.keys ?? [];
  if (keys.length !== declared.length) throw mistake(at, `the keys of @${name} are [${declared.join(', ')}]`);
}

/** Of bpftrace's functions, print and clear take a whole map. */
function checkFunction({ name, args, at }: Call, scope: Scope): void {
  if (scope.program.blocks.has(name)) {
    throw mistake(at, `${name} stands alone: ${name}(…); or $x = ${name}(…);`);
  }
  if (!CALLABLE.has(name)) throw mistake(at, `there is no block ${name}, in this file or those it imports`);
  for (const argument of args) {
    const isWholeMap = (name === 'print' || name === 'clear') && argument.kind === 'map';
    if (isWholeMap) checkMap(argument, scope);
    else checkExpression(argument, scope);
  }
}
