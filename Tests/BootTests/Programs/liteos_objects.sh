#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# Waits until the C code of the test kernel has made its objects, and lists them.
until /bin/liteos sem | /bin/busybox grep -q count; do :; done
/bin/liteos sem
/bin/liteos queue
/bin/liteos queue 0 | /bin/busybox tail -n 1
/bin/liteos swtmr | /bin/busybox sed 's/left .*/left/'
/bin/liteos systeminfo
