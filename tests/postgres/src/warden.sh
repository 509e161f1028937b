# Stops the test cluster when its last user is gone. Arguments: folder, pg_ctl, account or "".
set -u
cd /
folder=$1 pg_ctl=$2 account=$3

exec 8>"$folder/door" 9>"$folder/users"
while true; do
    flock -x 9 # no user is left ...
    flock -u 9
    sleep 5    # ... but the next test may be on its way
    flock -x 8
    if flock -n -x 9; then
        rm -f "$folder/address"
        ${account:+runuser -u "$account" --} "$pg_ctl" stop -m immediate -w -D "$folder/data"
        rm -rf "$folder/data" "$folder/password"
        exit
    fi
    flock -u 8
done
