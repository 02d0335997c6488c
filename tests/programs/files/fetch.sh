# curl fetches from an HTTP server; both are guests.
mkdir -p www && cd www || exit 1
seq 1 200000 >big.txt
echo '<p>hello</p>' >index.html
python3.13 -u -m http.server --bind 127.0.0.1 "$1" >../log 2>&1 &
server=$!
cd ..
for _ in $(seq 200); do
  grep -q Serving log && break
  sleep 0.05
done
url=http://127.0.0.1:$1
curl -sS $url/
curl -sS $url/big.txt | sha256sum
curl -sS -o part -r 10-19 -w '%{http_code} %{size_download}\n' $url/big.txt
curl -sS -I $url/index.html | grep -i content-length | tr -d '\r'
curl -sS -o /dev/null -w '%{http_code}\n' $url/none
curl -sS --parallel -o a $url/big.txt -o b $url/index.html && cmp a www/big.txt && cmp b www/index.html && echo same
curl -sS --max-time 2 http://127.0.0.1:1/ 2>&1 | cut -c1-10
kill $server
wait $server
echo "server $?"
