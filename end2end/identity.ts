/**
 * A real OpenID Connect provider: `oidc-provider`, which is certified, with people in memory and
 * one confidential client that must use PKCE.
 *
 *     const identity = await Identity.listen();      // its address is known
 *     … start chancery with --oidc-issuer …
 *     identity.register(`${portal}/auth/oidc/callback`); // now it answers
 *
 * It can be taken away and brought back, people's groups change at any time, and it can be made to
 * lie, as no certified provider does: to sign what is not true, or to sign it with another key.
 */

import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import Provider, { type Configuration } from 'oidc-provider';

/** Someone who can sign in here, by their name alone: what is tested is not this provider. */
export interface Person {
  name: string;
  email: string;
  groups: string[];
}

/** How to falsify the next ID tokens. */
export interface Lie {
  /** Claims to say something else, or with `undefined` nothing. */
  claims?: Record<string, unknown>;
  /** `none` leaves the signature out; `other key` signs with a key of nobody. */
  signature?: 'none' | 'other key';
}

const CLIENT_ID = 'chancery';
const KEY_ID = 'first';

function ecKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

export class Identity {
  readonly clientId = CLIENT_ID;
  readonly clientSecret = randomBytes(24).toString('base64url');
  /** By the name with which they sign in. */
  readonly people = new Map<string, Person>();
  lie: Lie | undefined;
  /** Paths that were asked for, in order. */
  readonly asked: string[] = [];

  private key = ecKey();
  private keyId = KEY_ID;
  private redirect: string | undefined;
  private provider: Provider | undefined;
  private server: Server | undefined;

  private constructor(private port: number) {}

  /** Takes a free port. Until a client is registered, every request is answered with 503. */
  static async listen(): Promise<Identity> {
    const identity = new Identity(0);
    await identity.start();
    return identity;
  }

  get issuer(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Lets the client be sent back to this address. */
  register(redirect: string) {
    this.redirect = redirect;
    this.provider = new Provider(this.issuer, this.configuration(redirect));
    // What goes wrong in here is to be seen where it comes out: in the answer.
    this.provider.use(async (context, next) => {
      await next();
      const body = context.body as { id_token?: string } | undefined;
      if (this.lie !== undefined && context.path === '/token' && body?.id_token !== undefined) {
        body.id_token = this.falsified(body.id_token, this.lie);
      }
    });
  }

  /** Signs with a new key from now on. Forgets who has signed in. */
  rotateKey() {
    this.key = ecKey();
    this.keyId = randomBytes(6).toString('base64url');
    if (this.redirect !== undefined) {
      this.register(this.redirect);
    }
  }

  /** Listens, again at the same address. */
  async start(): Promise<void> {
    const server = createServer((request, response) => void this.answer(request, response));
    this.server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
    this.port = (server.address() as AddressInfo).port;
  }

  /** Is away: connections are refused. */
  async stop(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    await new Promise<void>((resolve) => {
      server === undefined ? resolve() : server.close(() => resolve());
      server?.closeAllConnections();
    });
  }

  private configuration(redirect: string): Configuration {
    return {
      clients: [
        {
          client_id: CLIENT_ID,
          client_secret: this.clientSecret,
          redirect_uris: [redirect],
          id_token_signed_response_alg: 'ES256',
        },
      ],
      jwks: {
        keys: [{ ...this.key.export({ format: 'jwk' }), kid: this.keyId, alg: 'ES256', use: 'sig' }],
      },
      cookies: { keys: [randomBytes(24).toString('base64url')] },
      claims: {
        openid: ['sub'],
        profile: ['name', 'preferred_username'],
        email: ['email', 'email_verified'],
        groups: ['groups'],
      },
      scopes: ['openid', 'profile', 'email', 'groups'],
      enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
      pkce: { required: () => true },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
      findAccount: (_context, id) => {
        const person = this.people.get(id);
        if (person === undefined) {
          return undefined;
        }
        const { name, email, groups } = person;
        return {
          accountId: id,
          claims: () => ({
            ...{ sub: id, preferred_username: id, name },
            ...{ email, email_verified: true, groups: [...groups] },
          }),
        };
      },
      // Nobody is asked for consent: the client belongs to the same company.
      loadExistingGrant: async (context) => {
        const { client, provider, session } = context.oidc;
        if (client === undefined || session?.accountId === undefined) {
          return undefined;
        }
        const grant = new provider.Grant({
          clientId: client.clientId,
          accountId: session.accountId,
        });
        grant.addOIDCScope('openid profile email groups');
        await grant.save();
        return grant;
      },
      ttl: { Session: 600, Grant: 600, Interaction: 600, AccessToken: 60, IdToken: 60 },
    };
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', this.issuer);
    this.asked.push(pathname);
    try {
      if (this.provider === undefined) {
        response.writeHead(503).end();
      } else if (pathname.startsWith('/interaction/')) {
        await this.interact(this.provider, request, response);
      } else {
        await this.provider.callback()(request, response);
      }
    } catch (error) {
      response.writeHead(400, { 'content-type': 'text/plain' }).end(String(error));
    }
  }

  /** The sign-in page of the provider. */
  private async interact(
    provider: Provider,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    await provider.interactionDetails(request, response);
    if (request.method !== 'POST') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(PAGE);
      return;
    }
    const form = new URLSearchParams(await text(request));
    const login = form.get('login') ?? '';
    const result = this.people.has(login)
      ? { login: { accountId: login } }
      : { error: 'access_denied', error_description: 'nobody of that name' };
    await provider.interactionFinished(request, response, result);
  }

  private falsified(token: string, lie: Lie): string {
    const [head, body] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString());
    const header = JSON.parse(head ?? '') as Record<string, unknown>;
    const claims = { ...(JSON.parse(body ?? '') as Record<string, unknown>), ...lie.claims };
    if (lie.signature === 'none') {
      return `${encoded({ alg: 'none' })}.${encoded(claims)}.`;
    }
    const message = `${encoded(header)}.${encoded(claims)}`;
    const key = lie.signature === 'other key' ? ecKey() : this.key;
    const signature = sign('sha256', Buffer.from(message), { key, dsaEncoding: 'ieee-p1363' });
    return `${message}.${signature.toString('base64url')}`;
  }
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}

const PAGE = `<!doctype html>
<html lang="en">
<title>Sign in at the provider</title>
<form method="post">
<label>Name <input name="login" autofocus></label>
<button>Continue</button>
</form>
</html>`;
