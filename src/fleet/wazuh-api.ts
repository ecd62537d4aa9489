import { request as httpsRequest } from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import { type Fields, isFields, textOf } from '../json';
import { errorCode, errorText } from '../process/error-code';
import type { Agent } from './agent';
import { responses } from './responses';
import { FleetFailure, type FleetOrder, printable, type Server, type System } from './server';

export interface ApiAccess {
  /** Such as https://manager:55000. */
  readonly url: string;
  /** A JSON web token of the API's; never an argument, which everybody on the host can read. */
  readonly token: string;
  /** The certificate (PEM) of the authority that signed the API's. Where absent: the authorities that Node knows. */
  readonly ca?: string;
}

/** How long the API is waited for, in milliseconds. */
export interface Patience {
  /** One answer, to its end. */
  readonly answer: number;
  /** Before a request that came too early is made again: the API counts in minutes. */
  readonly tooEarly: number;
}

const usualPatience: Patience = { answer: 20_000, tooEarly: 10_000 };
/** A minute is over by then. */
const mostTooEarly = 7;
/** After so many requests without an answer nobody is asked any more: each takes the whole patience. */
const mostUnanswered = 3;
const notAsked = `it did not answer ${mostUnanswered} times, and was not asked again`;
/** No answer that we ask for is larger. */
const longestAnswer = 16 * 1024 * 1024;
const pageSize = 500;
/** The API takes 300 requests a minute unless told otherwise (wazuh api/configuration.py). */
const leastGapMs = 210;

interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * Wazuh 4's API (`PUT /active-response`). It may be asked from another host; the outcomes come from the manager's
 * alerts.
 */
export function wazuhApi(access: ApiAccess, patience: Patience = usualPatience): Server {
  const ask = paced(
    (method, path, body) => askOnce(access, patience.answer, { method, path, body }).catch(errorText),
    patience,
  );
  const systems = new Map<string, System | undefined>();

  const agents = async (): Promise<readonly Agent[]> => {
    const found: Agent[] = [];
    for (let total = 1; found.length < total; ) {
      const path = `/agents?select=id,name,ip,status,group,os.platform&sort=id&limit=${pageSize}&offset=${found.length}`;
      const { items, count } = readPage(await mustAnswer(ask('GET', path)));
      if (items.length === 0) break;
      total = count;
      for (const item of items) {
        const agent = readAgent(item);
        found.push(agent);
        systems.set(agent.id, readSystem(item));
      }
    }
    return found;
  };

  const body = (system: System, { action, handler = '-', caseNumber, id }: FleetOrder): object => ({
    command: responses[system][action],
    arguments: [handler, ...(caseNumber === undefined ? [] : [`case=${caseNumber}`]), `order=${id}`],
  });
  const systemsFor = (system: System | undefined): readonly System[] =>
    system === undefined ? ['windows', 'linux'] : [system];

  return {
    agents,
    systemOf: async ({ id }) => systems.get(id),
    calls: (agent, system, order) =>
      systemsFor(system).map((one) => [
        'PUT',
        `${access.url}/active-response?agents_list=${agent.id}`,
        JSON.stringify(body(one, order)),
      ]),
    send: async (agent, system, order) => {
      for (const one of systemsFor(system)) {
        const answer = await ask('PUT', `/active-response?agents_list=${agent.id}`, body(one, order));
        // Without an answer the order may have gone out.
        if (typeof answer === 'string')
          return { why: `the Wazuh API: ${printable(answer)}`, isUnsure: answer !== notAsked };
        const why = refusalIn(answer);
        if (why !== undefined) return { why, isUnsure: false };
      }
      return undefined;
    },
  };
}

type Ask = (method: string, path: string, body?: object) => Promise<Answer | string>;

/**
 * Makes one request after the other, no faster than the API allows. One that came too early all the same is repeated:
 * the API counts the requests of everybody.
 */
function paced(ask: Ask, patience: Patience): Ask {
  let last: Promise<unknown> = Promise.resolve();
  let unanswered = 0;
  const askPatiently: Ask = async (method, path, body) => {
    for (let tries = 0; ; tries++) {
      if (unanswered >= mostUnanswered) return notAsked;
      const answer = await ask(method, path, body);
      unanswered = typeof answer === 'string' ? unanswered + 1 : 0;
      if (typeof answer === 'string' || answer.status !== 429 || tries === mostTooEarly) return answer;
      await wait(patience.tooEarly);
    }
  };
  return (method, path, body) => {
    const turn = last.then(() => askPatiently(method, path, body));
    last = turn.then(() => wait(leastGapMs));
    return turn;
  };
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body: object | undefined;
}

/** Resolves to the answer, or to why there is none. Follows no redirection: the token is for this address alone. */
function askOnce(
  { url, token, ca }: ApiAccess,
  limitMs: number,
  { method, path, body }: Call,
): Promise<Answer | string> {
  return new Promise((resolve) => {
    const hidden = (text: string): string => text.replaceAll(token, '(the token)');
    const text = body === undefined ? undefined : JSON.stringify(body);
    const options = {
      method,
      // Node lets NODE_TLS_REJECT_UNAUTHORIZED decide otherwise, which some scripts on servers set for everything.
      rejectUnauthorized: true,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text ?? ''),
      },
      ...(ca === undefined ? {} : { ca }),
    };
    const settle = (answer: Answer | string): void => {
      clearTimeout(limit);
      resolve(answer);
    };
    const request = httpsRequest(new URL(`${url.replace(/\/$/, '')}${path}`), options, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > longestAnswer) request.destroy(new Error('its answer has no end'));
        else chunks.push(chunk);
      });
      response.on('end', () =>
        settle({ status: response.statusCode ?? 0, text: hidden(Buffer.concat(chunks).toString()) }),
      );
      response.on('error', (error) => settle(whyUnasked(error)));
    });
    const limit = setTimeout(() => request.destroy(new Error('it does not answer')), limitMs);
    request.on('error', (error) => settle(whyUnasked(error)));
    request.end(text);
  });
}

/** What Node calls a certificate that it does not take (Node's documentation of tls, X509 certificate error codes). */
const untrusted = /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/;

function whyUnasked(error: unknown): string {
  const code = errorCode(error);
  if (code === 'CERT_HAS_EXPIRED') return 'its certificate has expired';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'its certificate is for another name';
  return untrusted.test(code)
    ? 'nobody whom this host trusts has signed its certificate; name the signer with --ca'
    : errorText(error);
}

async function mustAnswer(asked: Promise<Answer | string>): Promise<Answer> {
  const answer = await asked;
  if (typeof answer === 'string') throw new FleetFailure(`The Wazuh API cannot be asked: ${printable(answer)}.`);
  if (answer.status !== 200) throw new FleetFailure(`The ${refusalOf(answer)}`);
  return answer;
}

/**
 * `data.failed_items` says for each agent why it was left out; that nothing failed means only that the order was sent.
 */
function refusalIn(answer: Answer): string | undefined {
  const { error, data } = readObject(answer.text);
  const failed = isFields(data) && Array.isArray(data.failed_items) ? data.failed_items : [];
  const first: unknown = failed[0];
  if (isFields(first) && isFields(first.error)) return printable(textOf(first.error.message));
  if (answer.status === 200 && error === 0) return undefined;
  return `the ${refusalOf(answer)}`;
}

function refusalOf({ status, text }: Answer): string {
  if (status === 401) return 'Wazuh API does not take the token (401): it may have expired. Get a new one.';
  if (status >= 300 && status < 400)
    return `Wazuh API sends us elsewhere (${status}), and the token goes to nobody else: give its own address.`;
  return `Wazuh API answered ${status}: ${printable(text)}`;
}

function readPage({ text }: Answer): { readonly items: readonly unknown[]; readonly count: number } {
  const { data } = readObject(text);
  if (!isFields(data) || !Array.isArray(data.affected_items))
    throw new FleetFailure(`The Wazuh API did not answer with a list of agents: ${printable(text)}`);
  return { items: data.affected_items, count: Number(data.total_affected_items) };
}

function readAgent(item: unknown): Agent {
  if (!isFields(item) || typeof item.id !== 'string' || !/^\d{3,}$/.test(item.id))
    throw new FleetFailure(`The Wazuh API names an agent without a number: ${printable(JSON.stringify(item))}`);
  const { id, name, ip, status, group } = item;
  return {
    id,
    name: printable(textOf(name)),
    address: typeof ip === 'string' ? ip : 'any',
    connection: printable(textOf(status)),
    groups: Array.isArray(group) ? group.map(textOf) : [],
  };
}

function readSystem(item: unknown): System | undefined {
  const platform = isFields(item) && isFields(item.os) ? item.os.platform : undefined;
  if (typeof platform !== 'string' || platform === '') return undefined;
  return platform === 'windows' ? 'windows' : platform === 'darwin' ? undefined : 'linux';
}

function readObject(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : {};
  } catch {
    return {};
  }
}
