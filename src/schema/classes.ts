import { databases } from './class-rules/databases.ts';
import { nameless } from './class-rules/nameless.ts';
import { places } from './class-rules/places.ts';
import type { Place } from './class-rules/places.ts';
import type { ClassRule } from './class-rules/rule.ts';
import { runtimes } from './class-rules/runtimes.ts';
import { services } from './class-rules/services.ts';
import { system } from './class-rules/system.ts';

export { places } from './class-rules/places.ts';
export type { Place } from './class-rules/places.ts';
export type { ClassRule, Sign } from './class-rules/rule.ts';

/** The table. Precedence: what has no name, then the user's own rules, then the rest in this order. */
export const namelessRules: readonly ClassRule[] = nameless;
export const namedRules: readonly ClassRule[] = [...runtimes, ...databases, ...services, ...system];

/** What a file is called that no rule knows: after its place, or, where that says too little, `other`. */
export const OTHER = 'other';
export const saysLittle = (place: Place): boolean => ['host', 'device', 'unknown'].includes(place);

/** Every class a file may be of without rules of the user's own. */
export const classNames: readonly string[] = [
  ...new Set([...namelessRules, ...namedRules].map((rule) => rule.class)),
  ...places.map(({ place }) => place).filter((place) => !saysLittle(place)),
  OTHER,
];
