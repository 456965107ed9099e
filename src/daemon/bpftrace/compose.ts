import { attachables } from '../../schema/probes/index.ts';
import { attachPointHere } from './architecture.ts';
import { CAPTURE_CONSTANTS, captureConstants, FIXED_CONSTANTS } from './constants.ts';
import type { Constants } from './constants.ts';
import { makeKeysFirst, splitStats, splitStatsMaps } from './dialect/aggregates.ts';
import { expandEpochs, mapNames } from './dialect/epochs.ts';
import type { MapFamily } from './dialect/epochs.ts';
import { expandBlocks } from './dialect/expand.ts';
import { fillConstants, fillExpression } from './dialect/fill.ts';
import { createLibrary } from './dialect/library.ts';
import { printProbe } from './dialect/print.ts';
import type { Expression, MapDeclaration, ProbeSyntax, Statement } from './dialect/syntax.ts';
import { ownExpressions, visitExpression, visitStatements } from './dialect/walk.ts';
import { keysWithin } from './map-memory.ts';
import type { ControlKey } from './control.ts';

/** What the programs in bpf/ leave open. */
export type ComposeOptions = {
  /** Fragments by file name in bpf/, in order. */
  readonly fragments: readonly string[];
  readonly intervalMs: number;
  readonly slowNs: number;
  readonly exemplarsPerSecond: number;
  readonly cpuCount: number;
  /** Kernel memory all maps may take. */
  readonly mapMemoryBytes: number;
  /** stats() is one entry of a map (bpftrace 0.18), not two. */
  readonly hasWideStats: boolean;
  /** A second CPU may count under a key that another makes at that moment: not with bpftrace 0.20 to 0.23. */
  readonly sharesNewKeys: boolean;
  /** Marks the system calls that change budgets while the program runs, see control.ts. */
  readonly control: ControlKey;
};

/** A program, its maps, and the number of keys each of them may have. */
export type Composed = {
  readonly program: string;
  readonly maps: readonly UsedMap[];
  readonly keysMax: number;
};

const CAPTURE = 'common/capture.bt';
const COUNTED_IN_INTERRUPTS: ReadonlySet<string> = new Set(
  attachables
    .flatMap(({ fragments }) => fragments)
    .filter(({ countsIn }) => countsIn === 'interrupt')
    .map(({ file }) => file),
);
const library = createLibrary(new Set([...Object.keys(FIXED_CONSTANTS), ...CAPTURE_CONSTANTS]));

/** One bpftrace program of all fragments, blocks expanded, constants and the two sets of maps filled in. */
export function compose(options: ComposeOptions): Composed {
  const { probes, maps } = expandAll(options);
  const keysMax = keysWithin(maps, options.cpuCount, options.mapMemoryBytes);
  const constants = { ...FIXED_CONSTANTS, ...captureConstants(options, keysMax) };
  const [begin, ...others] = probes;
  const started = begin && { ...begin, body: [...zeroScalars(maps, begin), ...begin.body] };
  const all = [...declareMaps(maps), ...(started ? [started] : []), ...others];
  return { program: all.map((probe) => printProbe(finish(probe, constants))).join('\n'), maps, keysMax };
}

/** A map under the name it has in the program. */
type UsedMap = MapDeclaration & { readonly isPerEpoch: false };

/** The probes, the one on BEGIN first, and the maps they use. */
function expandAll({ fragments, hasWideStats, sharesNewKeys }: ComposeOptions) {
  const capture = library.program(CAPTURE);
  const programs = fragments.map((file) => library.program(file));
  const counting = programs.flatMap((program) => {
    const family: MapFamily = COUNTED_IN_INTERRUPTS.has(program.file) ? 'interrupt' : 'task';
    return expandBlocks(program).map((probe) => ({ probe, family }));
  });
  const families = [
    ...new Set(counting.filter(({ probe }) => isCounting(probe)).map(({ family }) => family)),
  ];
  const [begin, ...flush] = expandBlocks(capture).map((probe) => ({ probe, family: 'task' as const }));
  const ordered = [...(begin ? [begin] : []), ...counting, ...flush];
  const probes = ordered.map(({ probe, family }): ProbeSyntax => {
    const split = hasWideStats ? probe.body : splitStats(probe.body);
    const body = expandEpochs(sharesNewKeys ? split : makeKeysFirst(split), family, families);
    return { ...probe, body };
  });
  const used = mapsUsedBy(probes);
  const declared = library.mapsOf([capture, ...programs]);
  const maps = (hasWideStats ? declared : splitStatsMaps(declared)).flatMap((map) =>
    mapNames(map, families)
      .filter((name) => used.has(name))
      .map((name): UsedMap => ({ ...map, name, isPerEpoch: false })),
  );
  return { probes, maps };
}

function isCounting({ body }: ProbeSyntax): boolean {
  let isFound = false;
  visitStatements(body, ({ kind }) => {
    isFound ||= kind === 'in_epoch';
  });
  return isFound;
}

/** The names of the maps that probes use. */
function mapsUsedBy(probes: readonly ProbeSyntax[]): Set<string> {
  const names = new Set<string>();
  const note = (expression: Expression): void => {
    if (expression.kind === 'map') names.add(expression.name);
  };
  for (const { predicate, body } of probes) {
    if (predicate) visitExpression(predicate, note);
    visitStatements(body, (statement) => {
      for (const expression of ownExpressions(statement)) visitExpression(expression, note);
    });
  }
  return names;
}

/** Half of the kernel's MAX_USED_MAPS. */
const MAPS_AT_ONCE = 32;

/**
 * bpftrace learns a map's type from its first use: assignments that leave nothing behind, in probes of their own,
 * a day apart, because a program may use no more than 64 maps.
 */
function declareMaps(maps: readonly UsedMap[]): ProbeSyntax[] {
  const typed = maps.filter(
    ({ keys, value }) => keys.length > 0 && (value === 'number' || typeof value !== 'string'),
  );
  return Array.from({ length: Math.ceil(typed.length / MAPS_AT_ONCE) }, (_, index): ProbeSyntax => ({
    attachPoints: ['interval:s:86400'],
    predicate: undefined,
    body: typed.slice(index * MAPS_AT_ONCE, (index + 1) * MAPS_AT_ONCE).flatMap(giveType),
    at: { file: CAPTURE, line: 0 },
  }));
}

const ZERO: Expression = { kind: 'number', text: '0' };

function giveType({ name, keys, value, at }: UsedMap): Statement[] {
  const cell = { kind: 'map', name, isPerEpoch: false, keys: keys.map(() => ZERO), at } as const;
  const zero: Expression = typeof value === 'string' ? ZERO : { kind: 'tuple', parts: value.map(() => ZERO) };
  return [
    { kind: 'assign', target: cell, value: zero },
    { kind: 'run', call: { kind: 'call', name: 'delete', args: [cell], at } },
  ];
}

/** What is no map begins as 0, but for what `begin` itself sets. */
function zeroScalars(maps: readonly UsedMap[], begin: ProbeSyntax): Statement[] {
  const set = begin.body.flatMap((statement) => (statement.kind === 'assign' ? statement.target.name : []));
  const scalars = maps.filter(({ name, keys }) => keys.length === 0 && !set.includes(name));
  return scalars.map(({ name, at }) => ({
    kind: 'assign',
    target: { kind: 'map', name, isPerEpoch: false, keys: [], at },
    value: ZERO,
  }));
}

/** With numbers for constants, and the names that this machine has for system calls and their arguments. */
function finish({ attachPoints, predicate, body, at }: ProbeSyntax, constants: Constants): ProbeSyntax {
  const numbered = (attachPoint: string): string =>
    attachPoint
      .split(':')
      .map((part) => constants[part]?.toFixed(0) ?? part)
      .join(':');
  return {
    attachPoints: attachPoints.flatMap((attachPoint) => attachPointHere(numbered(attachPoint)) ?? []),
    predicate: predicate && fillExpression(predicate, constants),
    body: fillConstants(body, constants),
    at,
  };
}
