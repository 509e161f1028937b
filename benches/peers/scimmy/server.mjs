// scimmy-routers over a map in memory: `node server.mjs USERS.jsonl BASE`.

import express from "express";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const [file, base] = process.argv.slice(2);
const users = new Map();
for await (const line of createInterface({ input: createReadStream(file) })) {
  const user = JSON.parse(line);
  users.set(user.id, user);
}

SCIMMY.Resources.User.extend(SCIMMY.Schemas.EnterpriseUser, false);
SCIMMY.Resources.declare(SCIMMY.Resources.User)
  .ingress((resource, data) => {
    const user = { ...JSON.parse(JSON.stringify(data)), id: resource.id };
    users.set(resource.id, user);
    return user;
  })
  .egress((resource) => {
    if (resource.id) {
      const user = users.get(resource.id);
      if (!user) throw new SCIMMY.Types.Error(404, null, "no such user");
      return user;
    }
    const all = [...users.values()];
    return resource.filter ? resource.filter.match(all) : all;
  });

const app = express();
app.use(
  base,
  new SCIMMYRouters({
    type: "bearer",
    handler: (request) => {
      if (!request.header("Authorization")?.startsWith("Bearer ")) throw new Error("no token");
      return "bench";
    },
  }),
);
const server = app.listen(0, "127.0.0.1", () => {
  console.log(`listening on 127.0.0.1:${server.address().port}`);
});
