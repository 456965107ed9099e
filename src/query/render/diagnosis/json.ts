import type { Language } from '../../findings/catalogue/catalogue.ts';
import type { Diagnosis } from '../../findings/diagnose.ts';
export function diagnosisJson(diagnosis: Diagnosis, language: Language): string {
  return language + String(diagnosis.window_s);
}
