import { readFileSync } from 'node:fs';
import { CAPTURE_CONSTANTS, FIXED_CONSTANTS } from '../../src/daemon/bpftrace/constants.ts';
import { expandBlocks } from '../../src/daemon/bpftrace/dialect/expand.ts';
import { createLibrary, sourceFiles } from '../../src/daemon/bpftrace/dialect/library.ts';
import type { Program } from '../../src/daemon/bpftrace/dialect/program.ts';
import { printExpression } from '../../src/daemon/bpftrace/dialect/print.ts';
import type { Expression, ProbeSyntax, Statement } from '../../src/daemon/bpftrace/dialect/syntax.ts';
import { ownExpressions, visitExpression, visitStatements } from '../../src/daemon/bpftrace/dialect/walk.ts';

/** The programs of bpf/, as the contract tests read them. */

const library = createLibrary(new Set([...Object.keys(FIXED_CONSTANTS), ...CAPTURE_CONSTANTS]));

export const fragmentFiles = sourceFiles().filter((file) => !file.includes('/'));
export const commonFiles = sourceFiles().filter((file) => file.startsWith('common/'));

export const sourceOf = (file: string): string => readFileSync(`bpf/${file}`, 'utf8');
export const programOf = (file: string): Program => library.program(file);
export const probesOf = (file: string): ProbeSyntax[] => expandBlocks(programOf(file));

/** The comment a file opens with, without its slashes. */
export function headerOf(source: string): string {
  const lines = source.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  return lines
    .slice(0, end)
    .map((line) => line.replace(/^\/\/ ?/u, ''))
    .join('\n');
}

export function expressionsOf(statements: readonly Statement[]): Expression[] {
  const found: Expression[] = [];
  visitStatements(statements, (statement) => {
    for (const own of ownExpressions(statement)) visitExpression(own, (each) => void found.push(each));
  });
  return found;
}

/** The values of the constants with one of these prefixes that a fragment, with all that it runs, names. */
export function valuesNamed(file: string, ...prefixes: string[]): number[] {
  const names = probesOf(file)
    .flatMap(({ body }) => expressionsOf(body))
    .flatMap((expression) => (expression.kind === 'name' ? expression.name : []));
  const values = names
    .filter((name) => prefixes.some((prefix) => name === prefix || name.startsWith(`${prefix}_`)))
    .map((name) => FIXED_CONSTANTS[name]!);
  return [...new Set(values)].toSorted((a, b) => a - b);
}

export const calls = (file: string, name: string): boolean =>
  probesOf(file)
    .flatMap(({ body }) => expressionsOf(body))
    .some((expression) => expression.kind === 'call' && expression.name === name);

/** Attach points: `kfunc:overlay:ovl_copy_up_one`. */
export const hooksOf = (file: string): string[] => probesOf(file).flatMap(({ attachPoints }) => attachPoints);

export type PrintedTuple = {
  readonly file: string;
  readonly tag: string;
  readonly fields: readonly string[];
};

/** What print((…)) sends: its first field and the expressions of the others. */
export const printedTuples = (): PrintedTuple[] =>
  [...fragmentFiles, ...commonFiles].flatMap((file) => {
    const { macros, probes } = programOf(file);
    return [...macros, ...probes]
      .flatMap(({ body }) => expressionsOf(body))
      .flatMap((call): PrintedTuple[] => {
        const [tuple] = call.kind === 'call' && call.name === 'print' ? call.args : [];
        if (tuple?.kind !== 'tuple') return [];
        const [tag, ...fields] = tuple.parts.map(printExpression);
        return [{ file, tag: tag!.replaceAll('"', ''), fields }];
      });
  });
