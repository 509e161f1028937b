// A connection to Provost: who we are, how calls are repeated, and what a refusal says.
// Copy this file into your service.

import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { durationMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type Interceptor, type Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ErrorInfoSchema, RetryInfoSchema } from "./gen/google/rpc/error_details_pb.js";
import { ErrorReason } from "./gen/provost/identity/v1/error_reason_pb.js";

/** How often a call is made before its failure is told. */
const ATTEMPTS = 5;
const DEADLINE_MS = 5_000;

/** The channel to the service of the environment. It connects by itself, also again. */
export function connect(environment: NodeJS.ProcessEnv): Transport {
  const needed = (name: string): string => {
    const value = environment[name];
    if (!value) throw new Error(`the variable ${name} is missing`);
    return value;
  };
  const file = (name: string) => (environment[name] ? readFileSync(environment[name]) : undefined);
  const token = environment["IDENTITY_TOKEN"];
  const authorized: Interceptor = (next) => (request) => {
    // A service with a client certificate needs no token.
    if (token) request.header.set("Authorization", `Bearer ${token}`);
    return next(request);
  };
  return createGrpcTransport({
    baseUrl: needed("IDENTITY_ADDRESS"),
    interceptors: [authorized],
    defaultTimeoutMs: DEADLINE_MS,
    // A peer that is gone without a word is noticed.
    pingIntervalMs: 20_000,
    nodeOptions: {
      ca: file("IDENTITY_CA_FILE"),
      cert: file("IDENTITY_CERTIFICATE_FILE"),
      key: file("IDENTITY_KEY_FILE"),
    },
  });
}

/** Why a call failed. Program against `reason`; the message is for people. */
export class Refused extends Error {
  private constructor(
    readonly code: Code,
    /** None: the service didn't answer. */
    readonly reason: keyof typeof ErrorReason | undefined,
    /** What the message names: `current_version`, `missing_permission`, ... */
    readonly metadata: Record<string, string>,
    /** After which time the same call may succeed. */
    readonly retryAfterMs: number | undefined,
    message: string,
  ) {
    super(reason ? `${reason}: ${message}` : `${Code[code]}: ${message}`);
  }

  static from(error: unknown): Refused {
    const status = ConnectError.from(error);
    const [info] = status.findDetails(ErrorInfoSchema);
    const delay = status.findDetails(RetryInfoSchema)[0]?.retryDelay;
    return new Refused(
      status.code,
      info?.reason as keyof typeof ErrorReason | undefined,
      info?.metadata ?? {},
      delay && durationMs(delay),
      status.rawMessage,
    );
  }

  /** Whether the same call may succeed later: told to wait, or not answered by the service. */
  get mayRepeat(): boolean {
    return this.retryAfterMs !== undefined || this.reason === undefined;
  }
}

/**
 * Makes a call until it is answered. A write has one effect however often it is made, if the request
 * has an `options.requestId` and is the same each time.
 */
export async function answered<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      const refused = Refused.from(error);
      if (!refused.mayRepeat || attempt === ATTEMPTS) throw refused;
      await sleep(refused.retryAfterMs ?? pauseMs(attempt));
    }
  }
}

/** Twice as long each time, up to 5 s, and not for all clients the same. */
export function pauseMs(attempt: number): number {
  const longest = Math.min(100 * 2 ** attempt, 5_000);
  return randomInt(longest / 2, longest);
}
