import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The text of bpf/, as the contract tests read it. */

export const fragmentFiles = readdirSync('bpf').filter((name) => name.endsWith('.bt'));

const commonFiles = readdirSync('bpf/common').map((name) => `common/${name}`);

export const sourceOf = (file: string): string => readFileSync(join('bpf', file), 'utf8');

/** Everything in bpf/ without its comments. */
const allSources: readonly (readonly [file: string, code: string])[] = [...fragmentFiles, ...commonFiles].map(
  (file) => [file, codeOf(sourceOf(file))],
);

export function codeOf(source: string): string {
  return source
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('//'))
    .join('\n');
}

/** The comment a file opens with, without its slashes. */
export function headerOf(source: string): string {
  const lines = source.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  return lines
    .slice(0, end)
    .map((line) => line.replace(/^\/\/ ?/u, ''))
    .join('\n');
}

/** A fragment with what it includes. */
export function expanded(file: string): string {
  return codeOf(sourceOf(file)).replaceAll(/^\s*#include "(.+)"$/gmu, (_, included: string) =>
    expanded(join(dirname(file), included)),
  );
}

/** The numbers a program assigns to a variable, sorted. */
export function assigned(program: string, variable: string): number[] {
  const found = [...program.matchAll(new RegExp(`\\$${variable} = \\(uint64\\)(\\d+);`, 'gu'))];
  return [...new Set(found.map(([, number]) => Number(number)))].toSorted((a, b) => a - b);
}

/** Attach points: `kfunc:overlay:ovl_copy_up_one`. */
export function hooksOf(program: string): string[] {
  return [...program.matchAll(/^((?:tracepoint|rawtracepoint|k\w+):[^\s,]+)/gmu)].map(([, hook]) => hook!);
}

export type PrintedTuple = {
  readonly file: string;
  readonly tag: string;
  readonly fields: readonly string[];
};

/** What print((…)) sends: its first field and the expressions of the others. */
export function printedTuples(): PrintedTuple[] {
  return allSources.flatMap(([file, code]) =>
    [...code.matchAll(/print\(\((.*)\)\);/gu)].map(([, text]) => {
      const [tag, ...fields] = splitFields(text!);
      return { file, tag: tag!.replaceAll('"', ''), fields };
    }),
  );
}

/** At the commas that are in no parentheses. */
function splitFields(text: string): string[] {
  const fields = [''];
  let depth = 0;
  for (const character of text) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (character === ',' && depth === 0) fields.push('');
    else fields.push(`${fields.pop()!}${character}`);
  }
  return fields.map((field) => field.trim());
}
