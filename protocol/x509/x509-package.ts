/**
 * `@peculiar/x509`, loaded at the first use: its injector (tsyringe) wants to look up decorators' metadata of its
 * classes and throws at once where `Reflect` cannot. None of its classes has any, so that nothing found is the true
 * answer. A program that brings a real polyfill keeps it.
 */
export function x509Package(): Promise<typeof import('@peculiar/x509')> {
  const reflect = Reflect as { getMetadata?: unknown; getOwnMetadata?: unknown };
  reflect.getMetadata ??= nothingFound;
  reflect.getOwnMetadata ??= nothingFound;
  return import('@peculiar/x509');
}

const nothingFound = (): undefined => undefined;
