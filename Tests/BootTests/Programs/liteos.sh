#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# Each command of LiteOS's shell with right and wrong arguments: `$ COMMAND`, its answer, its status.
export PATH=/bin
for name in $(liteos --list); do /bin/busybox ln -s liteos /bin/$name; done
run() {
  echo "$ $*"
  "$@" 2>&1
  echo $?
}
for name in $(liteos --list); do run $name; done
for name in task cpup vmm; do run $name 1; done
for name in sem queue swtmr; do run $name 3; done
run task 99; run hwi 999; run vmm 99
run task x; run task 1 2; run task -1; run vmm 4294967296; run pmm 1
exit 0
