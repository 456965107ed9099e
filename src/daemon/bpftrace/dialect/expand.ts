import { blockRunBy } from './check.ts';
import type { Run } from './check.ts';
import type { Program } from './program.ts';
import { withImported } from './library.ts';
import { mistake } from './syntax.ts';
import type { Expression, Macro, ProbeSyntax, Statement, Variable } from './syntax.ts';
import { mapStatement, replaceExpressions } from './walk.ts';

/** The probes of a program and of what it imports, with what every block does in place of its name. */
export function expandBlocks(program: Program): ProbeSyntax[] {
  return withImported([program]).flatMap((each) => each.probes.map((probe) => expandProbe(each, probe)));
}

/** What names mean in a probe, or in a block where a probe runs it. */
type Scope = {
  readonly program: Program;
  readonly inputs: ReadonlyMap<string, Expression>;
  /** Variables by their name in the source. */
  readonly variables: Map<string, string>;
  /** All names of variables in the probe. */
  readonly taken: Set<string>;
  /** The blocks that run here, outermost first. */
  readonly blocks: readonly Macro[];
};

function expandProbe(program: Program, probe: ProbeSyntax): ProbeSyntax {
  const scope = { program, inputs: new Map(), variables: new Map(), taken: new Set<string>(), blocks: [] };
  return { ...probe, body: expandBody(probe.body, scope) };
}

const expandBody = (statements: readonly Statement[], scope: Scope): Statement[] =>
  statements.flatMap((statement) => expandStatement(statement, scope));

function expandStatement(statement: Statement, scope: Scope): Statement[] {
  const run = blockRunBy(statement, scope.program);
  if (run) return expandRun(statement, run, scope);
  return [
    mapStatement(
      statement,
      (expression) => rename(expression, scope),
      (body) => expandBody(body, scope),
    ),
  ];
}

/** As bpftrace: inputs are what was passed, outputs variables of the caller, all others the block's own. */
function expandRun(statement: Statement, { macro, program, call }: Run, caller: Scope): Statement[] {
  if (caller.blocks.includes(macro)) throw mistake(call.at, `${macro.name} runs itself`);
  const before: Statement[] = [];
  const inputs = new Map<string, Expression>();
  const variables = new Map<string, string>();
  for (const [index, { name, isOutput }] of macro.parameters.entries()) {
    const argument = rename(call.args[index] ?? call, caller);
    if (isOutput && argument.kind === 'variable') variables.set(name, argument.name);
    else if (argument.kind === 'variable') inputs.set(name, argument);
    else {
      const target: Variable = { kind: 'variable', name: freeName(name, caller.taken), at: call.at };
      before.push({ kind: 'assign', target, value: argument });
      inputs.set(name, target);
    }
  }
  const blocks = [...caller.blocks, macro];
  const scope = { program, inputs, variables, taken: caller.taken, blocks };
  const body = expandBody(macro.body, scope);
  if (statement.kind !== 'assign' || !macro.value) return [...before, ...body];
  const target = rename(statement.target, caller);
  if (target.kind !== 'variable') throw mistake(call.at, 'no variable');
  return [...before, ...body, { kind: 'assign', target, value: rename(macro.value, scope) }];
}

function rename(expression: Expression, scope: Scope): Expression {
  return replaceExpressions(expression, (part) => {
    if (part.kind === 'name') return scope.inputs.get(part.name);
    if (part.kind === 'variable') return { ...part, name: variableName(part.name, scope) };
    return undefined;
  });
}

function variableName(name: string, { variables, taken }: Scope): string {
  const known = variables.get(name);
  if (known !== undefined) return known;
  const free = freeName(name, taken);
  variables.set(name, free);
  return free;
}

/** `name`, or `name_2` and so on. */
function freeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number += 1) free = `${name}_${String(number)}`;
  taken.add(free);
  return free;
}
