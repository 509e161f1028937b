// A watcher of ledgers: connects again when its stream ends, and goes on where it was. Copy this
// file into your service.

import { existsSync } from "node:fs";
import { open, readFile, rename } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { ConnectError, createClient, type Transport } from "@connectrpc/connect";
import type { Event } from "./gen/provost/identity/v1/event_pb.js";
import { LedgerService, WatchStart } from "./gen/provost/identity/v1/ledger_service_pb.js";
import { pauseMs, Refused } from "./identity.js";

/**
 * Gives every event of the sites to `handle`, in order, for ever. Where the watcher is stands in the
 * file `cursor`, once the events up to there were handled; so an event may come twice, and none is
 * left out. Then the service is told as `consumer`, which so can say that somebody who was deactivated
 * is out here, too.
 *
 * Throws what ends it. After `CURSOR_DIVERGED`, `CURSOR_AHEAD` and `CURSOR_TRIMMED` what was handled
 * may differ from what is so: read the users again, and begin without the file.
 */
export async function follow(
  transport: Transport,
  sites: string[],
  consumer: string,
  cursor: string,
  handle: (event: Event) => Promise<void>,
): Promise<never> {
  const ledgers = createClient(LedgerService, transport);
  for (let attempt = 1; ; attempt++) {
    let waitMs: number | undefined;
    try {
      const start = existsSync(cursor)
        ? ({ case: "cursor", value: await readFile(cursor, "utf8") } as const)
        : ({ case: "startAt", value: WatchStart.EARLIEST } as const);
      // No deadline: it ends when the service stops, or the connection is lost.
      for await (const answer of ledgers.watchEvents({ sites, start }, { timeoutMs: 0 })) {
        if (answer.content.case === "events") {
          for (const event of answer.content.value.events) await handle(event);
        }
        // Not every answer of a watch of many sites has one.
        if (answer.cursor !== "") {
          await keep(cursor, answer.cursor);
          // What is not heard is made good by the next one.
          await ledgers.acknowledgeEvents({ consumer, cursor: answer.cursor });
        }
        attempt = 1;
      }
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      const refused = Refused.from(error);
      if (!refused.mayRepeat) throw refused;
      waitMs = refused.retryAfterMs;
    }
    await sleep(waitMs ?? pauseMs(attempt));
  }
}

/** Replaces the file at once, so that a crash leaves the old one or the new one. */
async function keep(cursor: string, position: string): Promise<void> {
  const file = await open(`${cursor}.new`, "w");
  await file.writeFile(position);
  await file.sync();
  await file.close();
  await rename(`${cursor}.new`, cursor);
}
