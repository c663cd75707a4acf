/** What stands for a resource or a pseudo parameter where a template refers to it. */
export interface References {
  /** Of `Ref`. */
  readonly refOf: (id: string) => string;
  /** Of `Fn::GetAtt`. */
  readonly attributeOf: (id: string, attribute: string) => string;
}

/** A part of a template with its intrinsic functions carried out, of those that this stack has. */
export function carriedOut(part: unknown, { refOf, attributeOf }: References): unknown {
  const put = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(put);
    if (typeof value !== 'object' || value === null) return value;
    const [name, argument] = Object.entries(value)[0] ?? [];
    if (name === 'Ref') return refOf(String(argument));
    if (name === 'Fn::GetAtt') {
      const [id = '', attribute = ''] = argument as readonly string[];
      return attributeOf(id, attribute);
    }
    if (name === 'Fn::Join') {
      const [separator, parts] = argument as readonly [string, readonly unknown[]];
      return parts.map(put).join(separator);
    }
    if (name === 'Fn::Select') {
      const [index, split] = argument as readonly [number, { 'Fn::Split': readonly [string, unknown] }];
      const [separator, text] = split['Fn::Split'];
      return String(put(text)).split(separator)[index];
    }
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, put(inner)]));
  };
  return put(part);
}
