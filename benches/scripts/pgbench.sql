\set n random(0, :users - 1)
BEGIN;
UPDATE users SET directory_active = NOT directory_active, active = NOT active, version = version + 1, updated_at = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint WHERE site_id = 1 AND external_id = '00u' || lpad(:n::text, 17, '0') RETURNING id AS user_id, version AS version \gset
INSERT INTO events (site_id, revision, user_id, at, caller, kind, outcome, notices, body, trace_id) VALUES (1, nextval('bench_revision'), :user_id::uuid, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, 'connection' || chr(58) || 'scim', 'user_changed', 'accepted', '[]', '{"version": 1,"kind": "user_changed","asked": ["set_active"],"before": {"version": 3,"active": true,"directory_status": "active"},"after": {"version": 4,"active": false,"directory_status": "inactive"}}', '4bf92f3577b34da6a3ce929d0e0e4736');
COMMIT;
