import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageFile } from '../../../package-file.ts';
import { check } from './check.ts';
import { parse } from './parser.ts';
import type { Block, Program } from './program.ts';
import { mistake } from './syntax.ts';
import type { MapDeclaration, Unit } from './syntax.ts';

/** The text of a file by its name in bpf/. */
export type ReadSource = (file: string) => string;

export type Library = {
  /** Parsed and checked. Throws on a mistake, with file and line. */
  program(file: string): Program;
  /** Of a program's maps, those it imports included: each once. */
  mapsOf(programs: readonly Program[]): MapDeclaration[];
};

/** `known`: the names of the constants there are. */
export function createLibrary(known: ReadonlySet<string>, read: ReadSource = readPackaged): Library {
  const programs = new Map<string, Program>();
  const load = (file: string, importers: readonly string[]): Program => {
    const loaded = programs.get(file);
    if (loaded) return loaded;
    const unit = parse(file, read(file));
    const imported = unit.imports.map(({ file: other, at }) => {
      const path = join(dirname(file), other);
      if ([...importers, file].includes(path)) throw mistake(at, `${path} is imported by what it imports`);
      return load(path, [...importers, file]);
    });
    const program = withBlocks(unit, imported);
    check(program, known);
    programs.set(file, program);
    return program;
  };
  return {
    program: (file) => load(file, []),
    mapsOf: (some) => mergeMaps(withImported(some).flatMap(({ maps }) => maps)),
  };
}

/** All files of bpf/. */
export const sourceFiles = (): string[] =>
  readdirSync(packageFile('bpf'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.bt'),
  );

const readPackaged: ReadSource = (file) => readFileSync(join(packageFile('bpf'), file), 'utf8');

/** The programs, and behind each what it imports, each file once. */
export function withImported(programs: readonly Program[]): Program[] {
  return [...new Set(programs.flatMap((program): Program[] => [program, ...withImported(program.imported)]))];
}

function withBlocks(unit: Unit, imported: readonly Program[]): Program {
  const blocks = new Map<string, Block>();
  const program = { ...unit, imported, blocks };
  for (const one of [program, ...imported]) {
    for (const macro of one.macros) {
      const other = blocks.get(macro.name)?.macro;
      if (other) throw mistake(macro.at, `${macro.name} is also in bpf/${other.at.file}`);
      blocks.set(macro.name, { macro, program: one });
    }
  }
  return program;
}

function mergeMaps(declarations: readonly MapDeclaration[]): MapDeclaration[] {
  const maps = new Map<string, MapDeclaration>();
  for (const declaration of declarations) {
    const other = maps.get(declaration.name);
    if (other && shapeOf(other) !== shapeOf(declaration)) {
      throw mistake(
        declaration.at,
        `@${declaration.name} is declared otherwise in bpf/${other.at.file}:${String(other.at.line)}`,
      );
    }
    if (!other) maps.set(declaration.name, declaration);
  }
  return [...maps.values()];
}

const shapeOf = ({ keys, value, isPerEpoch }: MapDeclaration): string =>
  JSON.stringify([keys, value, isPerEpoch]);
