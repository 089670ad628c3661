const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
};

/** One XML element around text, which is escaped, or around elements that this function made. */
export function element(name: string, content: string | readonly string[], xmlns?: string): string {
  const inner =
    typeof content === 'string'
      ? content.replace(/[&<>"\r]/g, (character) => escapes[character] ?? character)
      : content.join('');
  const attribute = xmlns === undefined ? '' : ` xmlns="${xmlns}"`;
  return `<${name}${attribute}>${inner}</${name}>`;
}

/** The namespace of S3's answers. */
export const S3_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

export const xmlDocument = (root: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${root}`;
