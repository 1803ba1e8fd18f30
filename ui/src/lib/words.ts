/**
 * Words for what the contract names by id. Ids that this window has no word for are shown as they are, with their
 * hyphens taken out, so that an engine newer than its messages still says something.
 */
import type { CarriedAccess } from './contract/CarriedAccess';
import type { EvidenceKey } from './contract/EvidenceKey';
import type { EvidenceState } from './contract/EvidenceState';
import type { FoundKind } from './contract/FoundKind';
import type { GrantKind } from './contract/GrantKind';
import type { OldSecret } from './contract/OldSecret';
import type { Problem } from './contract/Problem';
import type { Region } from './contract/Region';
import type { SourceId } from './contract/SourceId';
import type { StaleKind } from './contract/StaleKind';
import type { Step } from './contract/Step';
import { date_time } from './format';
import { m, say } from './messages';

type Inputs = Record<string, string>;

/** The message of a key that is put together at run time, if there is one. */
export function message(key: string, inputs: Inputs = {}): string | null {
  const said = say(key.replace(/[-.]/g, '_').toLowerCase(), new Proxy(inputs, { get: (given, name) => given[String(name)] ?? UNKNOWN }));
  return said === null ? null : told(said);
}

/** Stands for a value that nobody gave: a private character, which no text has. */
const UNKNOWN = '\uE000';

/** A sentence whose value is not known is left out, if others remain; else the value is a dash. As `msspctl` does. */
function told(text: string): string {
  if (!text.includes(UNKNOWN)) {
    return text;
  }
  const whole = text.split(/(?<=\. |。)/).filter((sentence) => !sentence.includes(UNKNOWN));
  return whole.length > 0 ? whole.join('').trimEnd() : text.replaceAll(UNKNOWN, '–');
}

const plain = (id: string) => id.replace(/-/g, ' ');

export const step_name = (step: Step): string => message(`step_${step}`) ?? plain(step);
export const evidence_title = (key: EvidenceKey): string => message(`evidence_${key}_title`) ?? plain(key);
export const evidence_about = (key: EvidenceKey): string | null => message(`evidence_${key}_about`);
export const evidence_state = (state: EvidenceState): string => message(`evidence_state_${state}`) ?? plain(state);
export const fact_name = (name: string): string => message(`fact_${name}`) ?? plain(name);
export const grant_name = (grant: GrantKind): string => message(`grant_${grant}`) ?? plain(grant);
export const grant_about = (grant: GrantKind): string => message(`grant_${grant}_about`) ?? '';
export const region_name = (region: Region): string => message(`region_${region}`) ?? region.toUpperCase();
export const source_about = (source: SourceId): string => message(`source_${source}_about`) ?? '';
/** Why something cannot be, as the engine's kebab-case reason or as its own sentence. */
export const reason_text = (reason: string, inputs: Inputs = {}): string => message(`reason_${reason}`, inputs) ?? reason;
/** What to know about a connector or a pull. */
export const note_text = (note: string): string => message(`note_${note}`) ?? plain(note);
export const stale_text = (kind: StaleKind): string => message(`stale_${kind}`) ?? plain(kind);
export const stale_fix = (kind: StaleKind): string => message(`stale_${kind}_fix`) ?? '';
export const found_kind = (kind: FoundKind): string => message(`found_kind_${kind}`) ?? plain(kind);
export const old_secret_text = (state: OldSecret): string => message(`old_secret_${state}`) ?? plain(state);
export const carried_text = (access: CarriedAccess): string => message(`carried_access_${access}`) ?? plain(access);
export const import_note = (note: string): string => message(`import_note_${note}`) ?? plain(note);
export const missing_name = (what: string): string => message(`missing_${what}`) ?? plain(what);
export const severity_name = (severity: string): string => message(`severity_${severity}`) ?? severity;

/** What a connector file is for. */
export const role_about = (role: string): string => message(`role_${role}`) ?? plain(role);
/** What was proven from a file of that kind. */
export const role_proof = (role: string): string => message(`role_${role}_proof`) ?? '';
/** What writing would change about a file. */
export const change_name = (change: string): string => message(`change_${change}`) ?? plain(change);
/** How a file stands beside the manifest; nothing to say where it is as it was exported. */
export const file_state = (state: string): string => (state === 'as-exported' ? '' : (message(`file_state_${state}`) ?? plain(state)));
/** What is done with a file on the SIEM's side. */
export const place_text = (place: string): string => message(`place_${place}`) ?? plain(place);
/** A value that is hidden. */
export const hidden_name = (value: string): string => message(`hidden_${value}`) ?? plain(value);

/** How far back a pull looks: `PT2H`, `PT24H`, `P30D`. */
export const ago_name = (ago: string): string => message(`ago_${ago}`) ?? ago;
/** What an alert says of itself or of its evidence, by the name of the fact. */
export const alert_fact = (name: string): string => message(`fact_alert_${name}`) ?? plain(name);
export const evidence_kind = (kind: string): string => message(`piece_${kind}`) ?? (kind ? plain(kind) : m.piece_other());
export const link_name = (kind: string): string => message(`open_${kind}`) ?? plain(kind);

const MOMENTS = new Set(['first-activity', 'last-activity', 'updated', 'resolved']);

/** A fact's value: times in the reader's own form, words of Microsoft's enumerations in the reader's language where known. */
export function alert_value(name: string, value: string): string {
  if (MOMENTS.has(name)) {
    return Number.isNaN(new Date(value).getTime()) ? value : date_time(value);
  }
  return name === 'status' ? (message(`alert_status_${value}`) ?? value) : value;
}

/** Ids among a problem's parameters, said as the person knows them. */
function spoken(name: string, value: string, all: Inputs): string {
  switch (name) {
    case 'field':
      return message(`field_${value}`) ?? plain(value);
    case 'step':
      return message(`step_${value}`) ?? plain(value);
    case 'source':
      return message(`source_${value}_name`) ?? value;
    case 'reason':
      return reason_text(value, all);
    default:
      return value;
  }
}

export interface ProblemProse {
  title: string;
  cause: string;
  fix: string;
  who: string;
}

export interface LikelyCause {
  name: string;
  cause: string;
  /** How to find out whether this is the one. */
  check: string;
  fix: string;
  who: string;
}

/** What may lie behind a problem, the likeliest first. A cause that this window has no words for is left out. */
export function problem_causes(problem: Problem): LikelyCause[] {
  const inputs = Object.fromEntries(Object.entries(problem.params).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
  return (problem.causes ?? []).flatMap(({ name, who }) => {
    const cause = message(`cause_${name}`, inputs);
    return cause === null
      ? []
      : [{ name, cause, check: message(`cause_${name}_check`, inputs) ?? '', fix: message(`cause_${name}_fix`, inputs) ?? '', who: message(`who_${who}`) ?? plain(who) }];
  });
}

/** Title, cause and fix of a problem, in the chosen language. */
export function problem_prose(problem: Problem): ProblemProse {
  const given = Object.fromEntries(Object.entries(problem.params).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
  const inputs = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, spoken(name, value, given)]));
  const part = (which: string) =>
    message(`problem_${problem.code}_${which}`, inputs) ?? message(`problem_internal_${which}`, inputs) ?? problem.code;
  // That problem has no words of its own: it stands for all that Entra can refuse.
  const likeliest = problem.code === 'sign-in-refused' ? problem_causes(problem)[0] : undefined;
  return {
    title: part('title'),
    cause: likeliest?.cause ?? part('cause'),
    fix: likeliest?.fix ?? part('fix'),
    who: message(`who_${problem.who}`) ?? plain(problem.who),
  };
}

/** What support needs, for the clipboard. Holds what the problem holds: no secret. */
export function problem_details(problem: Problem, version: string): string {
  const { microsoft } = problem;
  const lines: [string, string | null | undefined][] = [
    ['code', problem.code],
    ...Object.entries(problem.params),
    ['microsoft error', microsoft?.error],
    ['microsoft code', microsoft?.code],
    ['microsoft message', microsoft?.message],
    ['trace id', microsoft?.trace_id],
    ['correlation id', microsoft?.correlation_id],
    ['timestamp', microsoft?.timestamp],
    ['link', problem.link],
    ...(problem.causes ?? []).map((one): [string, string] => ['likely cause', one.name]),
    ...problem.details.map((detail): [string, string] => ['detail', detail]),
    ['version', version],
  ];
  return lines.flatMap(([name, value]) => (value ? [`${name}: ${value}`] : [])).join('\n');
}
