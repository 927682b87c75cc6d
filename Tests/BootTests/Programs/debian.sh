#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A session of Debian's bash and its tools as the first program. debian.txt is its output on Linux 6.1.
exec 2>&1 </dev/null
export PATH=/usr/bin:/usr/sbin HOME=/root LC_ALL=C TZ=UTC0
say() { echo "== $*"; }
cd /tmp

say bash
printf '%s\n' {3..1} | sort | paste -sd, ; echo "${BASH_VERSINFO[0]}"
cat <(echo one) <(echo two) <<<"here"; mapfile -t lines < <(seq 3); echo "${lines[*]} ${#lines[@]}"
cat <<END | tr a-z A-Z
x $((6 * 7)) $(basename /a/b)
END
declare -A map=([a]=1 [b]=2); for k in a b; do echo "$k ${map[$k]}"; done
[[ abc =~ ^a(.)c$ ]] && echo "${BASH_REMATCH[1]}"; exec {fd}>file; echo text >&"$fd"; exec {fd}>&-; cat file
coproc cat; echo to coproc >&"${COPROC[1]}"; read -r line <&"${COPROC[0]}"; echo "$line"; exec {COPROC[1]}>&-; wait; jobs >/dev/null
set -m; sleep 10 & kill -STOP %1; sleep 0.1; jobs | sed 's/ *$//'; kill -CONT %1; kill %1; wait %1; echo "status $?"; set +m
trap 'echo trapped' USR1; kill -USR1 $BASHPID; (exit 3); echo $?; ulimit -n; ulimit -Hn; { echo x >/dev/full; } 2>&1 | sed "s/.*: write/write/"; echo ok >/dev/stdout

say coreutils
mkdir -p d/e; touch -d @86400 d/e/f; ls -RF d; stat -c '%n %s %F %a %Y' d/e/f; ln -s f d/e/l; readlink -f d/e/l
cp -a d c; diff -r d c && echo same; mv c m; rm -r m; truncate -s 1M big; du --apparent-size -k big; cut -c1-3 <<<abcdef
dd if=/dev/zero of=z bs=64k count=4 status=none; sha256sum z; split -b 128k z part; cat partaa partab | cmp - z && echo equal
seq 100 | shuf | sort -n | head -n 3; seq 10 | tac | tail -n 2; echo 'b a' | xargs -n 1 | sort; tee copy <file; nproc; id; whoami
date -d @0 +%F; timeout 0.2 sleep 5; echo $?; nice -n 5 nice; env -i A=1 env; mktemp -u XXXX | wc -c; od -An -tx1 file; tty; df -P /tmp | awk 'NR == 2 { print $6 }'
numfmt --to=iec 1048576; factor 91; expr 3 + 4; printf '%05.2f\n' 3.14159; sync; stat -f -c %T /tmp /proc /sys; chmod 640 z; stat -c %A z

say other tools
grep -rn one /tmp/nothing; grep -c root /etc/passwd; find d -type f -newermt 1970-01-01 -printf '%p %s\n'; find d -name f -exec echo found {} \;
sed -n 's/root:\(.\).*/\1/p;q' /etc/passwd; awk -F: '{ n++ } END { print n > 0 }' /etc/group; tar --sort=name -cf t.tar d; tar tf t.tar; gzip -kf t.tar; zcat t.tar.gz | cmp - t.tar && echo same
ps -o pid= -p 1; ps -o stat= -p $$ | cut -c1; free | awk 'NR == 2 { print $2 > 0 }'; uptime -p | cut -c1-2; cat /proc/loadavg | wc -w
vmstat | awk 'NR == 3 { print NF }'; top -bn1 | awk '/^%Cpu/ { print "cpu" }'; sysctl -n kernel.ostype; pmap $$ | grep -c total; w -h | wc -l; kill -l 9

say python
python3 - <<'END'
import os, sys, time, threading, subprocess, signal
print(sys.version_info[:2], os.getpid() > 1, os.cpu_count())
print(subprocess.run(["tr", "a-z", "A-Z"], input=b"pipe", stdout=subprocess.PIPE).stdout)
results = []
threads = [threading.Thread(target=lambda n=n: results.append(n * n)) for n in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]; print(sorted(results))
signal.signal(signal.SIGALRM, lambda *_: print("alarm")); signal.setitimer(signal.ITIMER_REAL, 0.05); time.sleep(0.2)
os.mkdir("many"); files = [open("many/" + str(n), "w") for n in range(200)]; print(len(os.listdir("many")), files[-1].fileno() > 200)
print(subprocess.run(["true"], pass_fds=[files[-1].fileno()]).returncode, sum(os.read(os.open("/dev/zero", os.O_RDONLY), 4)))
pid = os.fork()
if pid == 0: os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END

say go and rust
echo '{"a":[1,{"b":null}]}' | gron --monochrome; echo $?
echo hello | hexyl --color=never --border=ascii; echo $?
say end
