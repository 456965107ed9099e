import type { Language } from '../../findings/catalogue/catalogue.ts';
import type { Voice } from '../diagnosis/words.ts';
import { voice } from '../diagnosis/words.ts';
import type { PageVoice } from './words.ts';
import { pageColumn, pageVoice } from './words.ts';

/** Who says what is on a page: the diagnosis' voice, and the page's own words. Escaping is the template's business. */
export type Speaker = { readonly voice: Voice; readonly word: PageVoice; readonly language: Language };

export function speaker(language: Language): Speaker {
  const diagnosis = voice(language, (text) => text);
  const column = (name: string): string => pageColumn(language, name) ?? diagnosis.column(name);
  return { voice: { ...diagnosis, column }, word: pageVoice(language), language };
}
