// scimmy-routers over a map in memory: `node server.mjs USERS.jsonl BASE`.

import express from "express";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const [file, base] = process.argv.slice(2);
const users = new Map();
const named = new Map();
const keep = (user) => {
  named.delete(users.get(user.id)?.userName.toLowerCase());
  users.set(user.id, user);
  named.set(user.userName.toLowerCase(), user);
};
for await (const line of createInterface({ input: createReadStream(file) })) keep(JSON.parse(line));

// Storage and filters are the host's. As any host would, this one finds by its user name who is
// asked for by that, and looks through all users for anything else.
const candidates = (filter) => {
  const [only, ...others] = filter;
  const [operator, value] = only.userName ?? [];
  if (others.length || operator !== "eq") return [...users.values()];
  return [named.get(value.toLowerCase())].filter(Boolean);
};

SCIMMY.Resources.User.extend(SCIMMY.Schemas.EnterpriseUser, false);
SCIMMY.Resources.declare(SCIMMY.Resources.User)
  .ingress((resource, data) => {
    const user = { ...JSON.parse(JSON.stringify(data)), id: resource.id };
    keep(user);
    return user;
  })
  .egress((resource) => {
    if (resource.id) {
      const user = users.get(resource.id);
      if (!user) throw new SCIMMY.Types.Error(404, null, "no such user");
      return user;
    }
    if (!resource.filter) return [...users.values()];
    return resource.filter.match(candidates(resource.filter));
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
