import { CdnError } from '#domain/errors.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** The named variables, all of them. @throws CdnError `config-invalid` naming every absent one. */
export function readEnvironment<Name extends string>(
  names: readonly Name[],
  variables: Variables,
): Record<Name, string> {
  const absent = names.filter((name) => variables[name] === undefined);
  if (absent.length > 0) {
    throw new CdnError('config-invalid', `environment variables are not set: ${absent.join(', ')}`);
  }
  return Object.fromEntries(names.map((name) => [name, variables[name]])) as Record<Name, string>;
}

/** A whole number of at least 1 out of a variable. @throws CdnError `config-invalid`. */
export function positiveInteger(name: string, value: string): number {
  const number = Number(value);
  if (!/^\d{1,15}$/.test(value) || number < 1) {
    throw new CdnError(
      'config-invalid',
      `${name}: expected a whole number from 1, found "${value}"`,
    );
  }
  return number;
}

/** A switch. @throws CdnError `config-invalid`. */
export function truth(name: string, value: string): boolean {
  if (value !== 'true' && value !== 'false') {
    throw new CdnError('config-invalid', `${name}: expected true or false, found "${value}"`);
  }
  return value === 'true';
}

/** An absolute http(s) URL without a slash at its end, so that paths can follow. @throws CdnError `config-invalid`. */
export function baseUrl(name: string, value: string): string {
  if (!/^https?:\/\/[^\s?#]+$/.test(value)) {
    throw new CdnError(
      'config-invalid',
      `${name}: expected an http or https URL, found "${value}"`,
    );
  }
  return value.replace(/\/+$/, '');
}
