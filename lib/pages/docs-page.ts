import { html } from 'hono/html';
import type {
  Content,
  OpenApiDocument,
  Operation,
  Parameter,
  Reference,
  ResponseObject,
} from '../http/openapi-types.ts';
import { curlExample } from './curl-example.ts';
import { type Html, layout } from './layout.ts';
import { row } from './parts.ts';
import { type Components, type Field, fieldsOf, resolved, wordsOf } from './schema-words.ts';

interface Entry {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

/** The API for people: every operation of the document, by what it is about. */
export function docsPage(document: OpenApiDocument): Html {
  const entries = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): Entry => ({ path, method, operation })),
  );
  const sections = document.tags.map(({ name }) => ({
    name,
    entries: entries.filter(({ operation }) => operation.tags.includes(name)),
  }));
  return layout({
    title: 'API',
    main: html`<h1>API</h1>
${introduction(document)}
<nav aria-label="Operations">
${sections.map((section) => contents(section.name, section.entries))}
</nav>
${sections.map(
  (section) => html`<section aria-labelledby="${anchor(section.name)}">
<h2 id="${anchor(section.name)}">${section.name}</h2>
${section.entries.map((entry) => operationPart(entry, document))}
</section>
`,
)}`,
  });
}

const anchor = (name: string): string => name.toLowerCase().replaceAll(/\W+/g, '-');

const introduction = ({ info, servers: [server] }: OpenApiDocument): Html => html`
${info.description.split('\n\n').map((paragraph) => html`<p>${marked(paragraph)}</p>`)}
<p>Whoever calls is known by an API key, or by an access token that it was exchanged for. What the examples need:</p>
<pre class="code">API_KEY=cs_…
INSTANCE=…        # the UUID that countersign init printed</pre>
<p>Every request can carry a <code>correlation-id</code>, which comes back with the answer and stands in the log, and
<code>x-kms-key-ring</code>, the key ring that it keeps to; without it, keys of every ring are found.</p>
<p>This server is <code>${server?.url ?? ''}</code>. The same for programs: <a href="openapi.json">OpenAPI 3.1</a>.</p>`;

const contents = (name: string, entries: readonly Entry[]): Html => html`<details><summary>${name}</summary>
<ul>
${entries.map(
  ({ path, method, operation }) =>
    html`<li><a href="#${operation.operationId}"><code>${method.toUpperCase()} ${path}</code></a></li>
`,
)}
</ul></details>
`;

function operationPart({ path, method, operation }: Entry, document: OpenApiDocument): Html {
  const { components, servers } = document;
  const url = servers[0]?.url ?? '';
  const special = operation.parameters.filter(
    (given) => !('$ref' in given && EVERYWHERE.has(lastOf(given.$ref))),
  );
  const { title, fields } = bodyFields(operation, components.schemas);
  return html`<article aria-labelledby="${operation.operationId}">
<h3 id="${operation.operationId}"><code>${method.toUpperCase()} ${path}</code></h3>
<p>${marked(operation.summary)}.${operation.description && html` ${operation.description}.`}</p>
<pre class="code">${curlExample({ url, method, path }, operation, components.schemas)}</pre>
${list(
  'Parameters',
  special.map((given) => parameterField(given, document)),
)}
${list(title, fields)}
${answersPart(operation, document)}
</article>
`;
}

/** Told of once, at the top. */
const EVERYWHERE: ReadonlySet<string> = new Set(['correlation-id', 'x-kms-key-ring']);

/** What is sent: of Key Protect's envelope, whose form the example shows, what each of its resources is. */
function bodyFields(
  { requestBody }: Operation,
  components: Components,
): { readonly title: string; readonly fields: readonly Field[] } {
  const [content] = Object.values(requestBody?.content ?? {});
  const body = resolved(content?.schema ?? {}, components);
  const { metadata, resources } = body.properties ?? {};
  if (metadata === undefined || resources === undefined) {
    return {
      title: requestBody?.required === true ? 'Body' : 'Body, can be left out',
      fields: fieldsOf(body, components),
    };
  }
  return {
    title: 'Body, each of the resources',
    fields: fieldsOf(resources.items ?? {}, components),
  };
}

function parameterField(given: Parameter | Reference, { components }: OpenApiDocument): Field {
  const parameter = '$ref' in given ? components.parameters[lastOf(given.$ref)] : given;
  const { name = '', in: place = 'header', description, required = false, schema = {} } = parameter ?? {};
  return {
    name,
    words: `${place === 'path' ? 'in the path' : place}: ${wordsOf(schema, components.schemas)}`,
    required,
    ...(description !== undefined && { description }),
  };
}

const lastOf = (reference: string): string => reference.slice(reference.lastIndexOf('/') + 1);

const list = (title: string, fields: readonly Field[]): Html | '' =>
  fields.length === 0
    ? ''
    : html`<h4>${title}</h4>
<dl>
${fields.map(({ name, words, required, description }) =>
  row(
    name,
    html`${required && html`<strong>needed</strong>, `}${words}${description && html`<br>${marked(description)}`}`,
  ),
)}
</dl>`;

function answersPart({ responses }: Operation, { components }: OpenApiDocument): Html {
  const answers = Object.entries(responses).map(([status, given]) => {
    const response = '$ref' in given ? components.responses[lastOf(given.$ref)] : given;
    return row(status === 'default' ? 'else' : status, answerPart(response, components.schemas));
  });
  return html`<h4>Answers</h4>
<dl>
${answers}
</dl>`;
}

function answerPart(response: ResponseObject | undefined, schemas: Components): Html {
  const name = componentOf(response?.content);
  const known = name !== undefined && name !== 'Problem' && schemas[name];
  return html`${marked(response?.description ?? '')}${
    known &&
    html`<details><summary>${name}</summary><ul>
${fieldsOf(known, schemas).map(
  (field) => html`<li><code>${field.name}</code>: ${field.words}</li>
`,
)}
</ul></details>`
  }`;
}

/** The component that an answer is, or that the items of its envelope are. */
const componentOf = (content: Content | undefined): string | undefined =>
  /"#\/components\/schemas\/(\w+)"/.exec(JSON.stringify(content ?? {}))?.[1];

/** Text in which what stands between backquotes is code. */
const marked = (text: string): Html =>
  html`${text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))}`;
