/**
 * The one way to the daemon's API: typed by its OpenAPI document, errors as one kind, addresses below the page's base.
 */
import createClient from 'openapi-fetch';
import type { paths } from '../../types/schema';
import { type Clause, reasonSaid, wrongSaid } from '../lib/reasons';
import { language, t, word } from '../texts';

/** The path below which the daemon is shown, without a slash at its end; empty at the root. */
export const basePath = new URL(document.baseURI).pathname.replace(/\/$/, '');

/** The address of a path such as `/api/status` or `/poster_assets/…` for `<img>`, downloads and sockets. */
export function address(path: string): string {
  return basePath + path;
}

/** Why a request failed, in words for people. */
export class ApiError extends Error {
  constructor(
    message: string,
    /** The HTTP status; 0 where the daemon did not answer. */
    readonly status: number,
    /** The stable error code, such as `run_busy`. */
    readonly code?: string,
    /** Seconds after which the daemon wants to be asked again. */
    readonly retryAfter?: number,
    /** What is wrong with single fields: the place (`body.PlexUrl`) and the reason. */
    readonly problems: Problem[] = [],
  ) {
    super(message);
  }
}

export interface Problem {
  place: string;
  reason: string;
}

export const client = createClient<paths>({ baseUrl: basePath, fetch: (request) => ask(request) });

/** Called when the daemon wants a login. */
let onSignedOut: () => void = () => {};

export function whenSignedOut(handler: () => void) {
  onSignedOut = handler;
}

async function ask(request: Request): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(request);
  } catch (cause) {
    if (request.signal.aborted) throw cause;
    throw new ApiError(t('error.no_answer'), 0);
  }
  if (response.status === 401) onSignedOut();
  if (!response.ok) throw await failure(response);
  return response;
}

/** Reads the error body; its text stands under `detail`, `message` and `error` alike. */
export async function failure(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => undefined);
  const field = (name: string) => (isObject(body) ? body[name] : undefined);
  const detail = field('detail');
  const problems = Array.isArray(detail) ? await Promise.all(detail.filter(isObject).map(problem)) : [];
  const text = [detail, field('message'), field('error')].find((value) => typeof value === 'string');
  const message = problems[0] ? problems.map((one) => one.reason).join('; ') : text;
  const told = field('code');
  const code = typeof told === 'string' ? told : undefined;
  const retry = Number(response.headers.get('retry-after'));
  // What it says by codes of its own is more than the code of its kind.
  const because = await reasonSaid('wrong', clausesOf(field('because')), '');
  return new ApiError(
    (because || translated(code)) ??
      (typeof message === 'string' ? message : t('error.status', { status: response.status })),
    response.status,
    code,
    retry > 0 ? retry : undefined,
    problems,
  );
}

/** What the daemon refuses, by its code, in the reader's language. */
export function refusalText(code: string, english: string): string {
  return translated(code) ?? english;
}

/** The daemon speaks English, and says more than its code does: another language has the code's text, where there is one. */
function translated(code: string | undefined): string | undefined {
  if (code === undefined || language() === 'en') return undefined;
  return word('refusal', code, '') || undefined;
}

async function problem(entry: Record<string, unknown>): Promise<Problem> {
  const place = Array.isArray(entry.loc) ? entry.loc.join('.') : '';
  const told = String(entry.msg ?? t('error.not_acceptable'));
  return { place, reason: await wrongSaid(clausesOf(entry.because), told) };
}

/** The sentences of a refusal; none in one of another daemon, or of something before it. */
function clausesOf(told: unknown): Clause[] {
  return Array.isArray(told) ? told.filter((one): one is Clause => isObject(one) && typeof one.code === 'string') : [];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The body of a successful answer. Failures are thrown by `ask` before they get here. */
export function body<T>(answer: { data?: T }): T {
  return answer.data as T;
}

/** Posts a form, or JSON as text, and gives the answer as it comes: for uploads, and for pictures and files that are made. */
export function post(path: string, body?: FormData | string, signal?: AbortSignal): Promise<Response> {
  const init: RequestInit = { method: 'POST' };
  if (signal) init.signal = signal;
  if (body !== undefined) init.body = body;
  // The browser names the type of a form itself.
  if (typeof body === 'string') init.headers = { 'content-type': 'application/json' };
  return ask(new Request(new URL(address(path), location.href), init));
}

/** Asks a path that is made at run time (a family of routes that differ in one word); the type is the caller's word. */
export async function request<T>(
  method: string,
  path: string,
  options: { body?: unknown; headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<T> {
  const init: RequestInit = { method };
  if (options.signal) init.signal = options.signal;
  if (options.body !== undefined) {
    init.body = JSON.stringify(options.body);
    init.headers = { ...options.headers, 'content-type': 'application/json' };
  }
  const response = await ask(new Request(new URL(address(path), location.href), init));
  return (await response.json()) as T;
}
