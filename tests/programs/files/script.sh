# Two hundred lines of what shell scripts do: pipes, here-documents, traps, background jobs, functions, arrays.
set -u
LC_ALL=C
export LC_ALL

title() {
  printf '== %s\n' "$*"
}

check() { # check WHAT WANTED GOT
  if [[ $2 == "$3" ]]; then
    printf 'ok %s\n' "$1"
  else
    printf 'BAD %s: wanted %s, got %s\n' "$1" "$2" "$3"
  fi
}

title pipes
seq 1 100 | grep 7 | sort -rn | head -n 3
printf '%s\n' pear apple fig apple | sort | uniq -c | sed 's/^ *//'
yes ha | head -n 5000 | wc -l | tr -d ' '
false | true
check pipestatus "0" "$?"
true | false | true
statuses="${PIPESTATUS[*]}"
check pipestatus "0 1 0" "$statuses"
set -o pipefail
false | true
check pipefail 1 "$?"
set +o pipefail
echo one two three | while read -r first rest; do
  echo "$rest, then $first"
done

title here-documents
name=world
cat <<END
Hello, $name: $((6 * 7))
  $(echo nested "$(echo deeper)")
END
cat <<'END'
No $expansion `here`
END
cat <<-END
	tabs go away
	END
tr a-z A-Z <<<"a here-string"
read -r a b c <<<"1 2 3 4"
check here-string "3 4" "$c"
check first "1 2" "$a $b"

title functions
factorial() {
  local n=$1
  if ((n < 2)); then
    echo 1
  else
    echo $((n * $(factorial $((n - 1)))))
  fi
}
factorial 10
returns() { return "$1"; }
returns 42
check return 42 $?
shadow=outer
inner() {
  local shadow=inner
  deeper
}
deeper() { echo "$shadow"; }
inner
check scope outer "$shadow"

title arrays
list=(a b "c d" e)
check length 4 ${#list[@]}
list+=(f)
unset 'list[1]'
printf '<%s>' "${list[@]}"
echo
declare -A ages=([ann]=31 [bob]=27)
ages[cid]=9
for key in $(printf '%s\n' "${!ages[@]}" | sort); do
  echo "$key ${ages[$key]}"
done
mapfile -t lines < <(printf 'x\ny\nz\n')
check mapfile "x y z" "${lines[*]}"

title expansions
path=/usr/local/lib/libfoo.so.1.2
echo "${path##*/} ${path%/*} ${path%%.*} ${path/lib/LIB} ${path//lib/LIB}"
echo "${path:5:5} ${#path} ${unset_name:-default} ${path^^}"
echo {1..5} {a..e} x{1,2,3}y
echo $((0x1f + 010 + 2#101)) $((1 << 40)) $((-7 / 2)) $((-7 % 3))
case $path in
  *.a) echo static ;;
  *.so*) echo shared ;;
  *) echo unknown ;;
esac
[[ $path =~ lib([a-z]+)\.so\.([0-9]+) ]] && echo "${BASH_REMATCH[1]} ${BASH_REMATCH[2]}"

title files
mkdir -p dir/sub
for i in 1 2 3; do
  echo "file $i" >"dir/sub/$i.txt"
done
echo appended >>dir/sub/2.txt
cat dir/sub/*.txt
find dir -type f | sort
ln -s sub dir/link
readlink dir/link
[[ -L dir/link && -d dir/link/ && ! -e dir/none ]] && echo tests
cp dir/sub/1.txt dir/copy
chmod 640 dir/copy
stat -c '%a %s' dir/copy
exec 5>dir/five
echo through five >&5
exec 5>&-
cat dir/five
exec 6<dir/sub/2.txt
read -r line <&6
read -r line <&6
exec 6<&-
check descriptor appended "$line"
rm -r dir
[[ -e dir ]] || echo gone

title background
work() {
  local i sum=0
  for ((i = 0; i < 200; i++)); do
    ((sum += i * $1))
  done
  echo "$sum" >"part.$1"
}
pids=()
for n in 1 2 3 4; do
  work "$n" &
  pids+=($!)
done
for pid in "${pids[@]}"; do
  wait "$pid" || echo "job failed"
done
cat part.1 part.2 part.3 part.4
rm part.*
(exit 7) &
wait $!
check "status of a job" 7 $?
sleep 60 &
job=$!
kill $job
wait $job 2>/dev/null
check "killed job" 143 $?
{ sleep 0.05; echo late; } &
echo early
wait
coproc double { while read -r n; do echo $((n * 2)); done; }
echo 21 >&"${double[1]}"
read -r answer <&"${double[0]}"
check coproc 42 "$answer"
eval "exec ${double[1]}>&-"
wait

title traps
trap 'echo "usr1 came"' USR1
kill -USR1 $$
(
  trap 'echo "subshell ends"' EXIT
  echo "in subshell"
)
trap 'echo "term in the middle"' TERM
( sleep 0.05; kill -TERM $$ ) &
wait $!
check "wait is interrupted or over" yes "$( (($? == 0 || $? == 143)) && echo yes)"
wait
trap - TERM USR1
trap '' INT
kill -INT $$
echo "int ignored"
trap 'echo "an error at last"' ERR
false
trap - ERR

title options
parse() {
  local OPTIND=1 opt
  while getopts 'ab:c' opt; do
    case $opt in
      b) echo "b with $OPTARG" ;;
      *) echo "$opt" ;;
    esac
  done
  shift $((OPTIND - 1))
  echo "rest: $*"
}
parse -a -b value -c one two

title substitution
diff <(printf '1\n2\n3\n') <(printf '1\n3\n') && echo same
paste -d, <(seq 3) <(seq 4 6)
out=$(echo to stderr >&2; echo to stdout) 2>/dev/null
check substitution "to stdout" "$out"
echo "$(<script.sh)" | wc -l | tr -d ' '
trap 'echo "the end, $?"' EXIT
exit 5
