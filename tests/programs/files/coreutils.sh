# What the text tools of coreutils do that depends on threads, signals, pipes and files.
LC_ALL=C
export LC_ALL

echo "== sort with threads"
seq 1 40000 | awk '{ print ($1 * 7919) % 40009, $1 }' >numbers
sort --parallel=4 --buffer-size=256K -k1,1n numbers >sorted
sha256sum <sorted
sort --parallel=4 -R --random-source=numbers -u numbers | sha256sum
sort -c -k1,1n sorted && echo in order
sort -m <(seq 1 2 99) <(seq 2 2 100) -n | tail -n 1

echo "== timeout"
timeout 0.1 sleep 20
echo "status $?"
timeout -s KILL 0.1 sleep 20
echo "status $?"
timeout 20 true
echo "status $?"
timeout --preserve-status -k 1 0.1 sh -c 'trap "exit 9" TERM; while :; do sleep 0.01; done'
echo "status $?"

echo "== tee"
seq 1 1000 | tee one >(wc -l | tr -d ' ' >three) | tee -a two | md5sum
cmp one two && echo same
until [ -s three ]; do sleep 0.01; done
cat three

echo "== split"
split -n l/4 -d numbers part.
wc -l part.* | awk '{ print $1, $2 }'
cat part.* | cmp - numbers && echo same
split -l 10000 --filter='wc -c >>sizes' numbers
sort -n sizes
head -c 10000 numbers | split -b 3000 --additional-suffix=.bin - byte.
ls -s --block-size=1 byte.*.bin | awk '{ print $2 }'

echo "== shuf"
shuf --random-source=numbers -i 1-20 | paste -sd' '
shuf --random-source=numbers -n 3 sorted
shuf -n 0 numbers

echo "== the others"
head -n 3 numbers | nl | expand
cut -d' ' -f2 numbers | head -n 2
comm -12 <(seq 1 5) <(seq 3 7) | paste -sd+
join <(printf '1 a\n2 b\n') <(printf '1 x\n2 y\n')
printf 'some text to fold and to format' | fold -sw 12
echo
head -n 2 numbers | od -An -c | head -n 2
head -c 30 numbers | base64
base32 <<<text
numfmt --to=iec 123456789
factor 1234567890 18446744073709551557
expr 6 \* 7
printf '%05.1f|%-6s|%x\n' 3.14159 left 255
date -u -d @1700000000 +%FT%TZ
dd if=numbers of=copy bs=1000 count=7 2>/dev/null && stat -c %s copy
truncate -s 5 copy && od -An -tx1 copy
sha1sum numbers && sha512sum numbers | cut -c1-40 && b2sum numbers | cut -c1-40 && cksum numbers
tac sorted | head -n 1
tsort <<<'a b b c a c' | paste -sd' '
ln copy hard && stat -c %h copy && rm hard
mkfifo pipe && { cat numbers >pipe & wc -l <pipe | tr -d ' '; wait; }
cp --sparse=always numbers sparse && cmp numbers sparse && echo same
install -m 600 copy installed && stat -c %a installed
touch -d '2020-02-02 02:02:02 UTC' copy && stat -c %Y copy
mkdir -p a/b/c && rmdir -p a/b/c && echo gone
env -i A=1 env
nice -n 5 nice
seq -s, 1 3 10
tail -c 20 numbers
{ sleep 0.1; echo more >>followed; sleep 0.1; echo end >>followed; } &
echo first >followed
timeout 5 tail -f --pid=$! -s 0.05 followed
wait
