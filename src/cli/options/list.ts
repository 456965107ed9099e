/** How much of an answer is shown, and as what. */
import type { Failure } from '../../failure.ts';
import type { Typed } from '../command.ts';
import { choice, text } from '../command.ts';
import { firstFailure, oneOf, readCount, succeeded } from './values.ts';

export const formats = ['table', 'json', 'csv'] as const;
export type Format = (typeof formats)[number];
export const documentFormats = ['text', 'json', 'csv'] as const;
export type DocumentFormat = (typeof documentFormats)[number];

/** Of answers that are rows. */
export const formatOption = { format: choice(formats, 'table') } as const;
/** Of answers that are texts. */
export const documentOptions = { format: choice(documentFormats, 'text') } as const;

export const limitOption = { limit: { ...text('Rows to show', '20'), letter: 'n' } } as const;
export const listOptions = { ...limitOption, ...formatOption } as const;

export const readFormat = ({ format }: Typed<typeof formatOption>): Format | Failure =>
  oneOf('--format', format ?? 'table', formats);

export const readDocumentFormat = ({ format }: Typed<typeof documentOptions>): DocumentFormat | Failure =>
  oneOf('--format', format ?? 'text', documentFormats);

export const readLimit = ({ limit }: Typed<typeof limitOption>): number | Failure =>
  readCount('--limit', limit ?? '20', 1);

export function readList(
  typed: Typed<typeof listOptions>,
): { readonly limit: number; readonly format: Format } | Failure {
  const parts = { limit: readLimit(typed), format: readFormat(typed) };
  return succeeded(parts) ? parts : firstFailure(parts);
}
