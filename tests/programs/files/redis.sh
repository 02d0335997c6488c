# A redis server and its benchmark, both guests, with 20,000 requests over loopback.
redis-server --port 0 --unixsocket ./redis.socket --bind 127.0.0.1 --port "$1" --save '' --appendonly no --daemonize no >server.log &
server=$!
ready() { [ "$(redis-cli -p "$1" ping 2>/dev/null)" = PONG ]; }
for _ in $(seq 200); do
  ready "$1" && break
  sleep 0.05
done
redis-benchmark -p "$1" -n 20000 -c 20 -t set,get,incr,lpush -q --csv | cut -d, -f1
redis-cli -p "$1" set key value
redis-cli -p "$1" get key
redis-cli -p "$1" eval 'return redis.call("incrby", KEYS[1], 20) * 2' 1 other
redis-cli -p "$1" get counter:__rand_int__
redis-cli -p "$1" llen mylist
redis-cli -p "$1" shutdown nosave
wait $server
echo "server $?"
