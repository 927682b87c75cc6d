// SPDX-License-Identifier: Apache-2.0
/* The calls about scheduling, every answer as Linux 6.1 gives it: proc_schedule.txt has those. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <errno.h>
#include <unistd.h>
#include <sys/syscall.h>
int main(){ struct sched_param p={5}; int z=0;
 #define S(x) do{ errno=0; long r=(x); printf("%s %ld %d\n",#x,r,r<0?errno:0);}while(0)
 S(syscall(SYS_sched_setscheduler,0,1,&p)); S(syscall(SYS_sched_getscheduler,0)); p.sched_priority=0; S(syscall(SYS_sched_getparam,0,&p));
 S(syscall(SYS_sched_setscheduler,0,1,&z)); S(syscall(SYS_sched_setscheduler,0,0,&p)); S(syscall(SYS_sched_setscheduler,0,4,&z)); S(syscall(SYS_sched_setscheduler,0,0,&z)); S(syscall(SYS_sched_setscheduler,-1,0,&z)); S(syscall(SYS_sched_setscheduler,99,0,&z)); S(syscall(SYS_sched_setscheduler,0,0,0)); S(syscall(SYS_sched_setscheduler,0,0,8));
 S(syscall(SYS_sched_getscheduler,-1)); S(syscall(SYS_sched_getscheduler,99)); S(syscall(SYS_sched_getparam,0,0)); S(syscall(SYS_sched_getparam,0,8)); S(syscall(SYS_sched_get_priority_max,1)); S(syscall(SYS_sched_get_priority_min,2)); S(syscall(SYS_sched_get_priority_max,0)); S(syscall(SYS_sched_get_priority_max,4)); S(syscall(SYS_sched_get_priority_max,-1));
 unsigned long m=1; S(syscall(SYS_sched_setaffinity,0,4,&m)); m=0; S(syscall(SYS_sched_setaffinity,0,4,&m)); m=2; S(syscall(SYS_sched_setaffinity,0,4,&m)); S(syscall(SYS_sched_setaffinity,0,4,8)); S(syscall(SYS_sched_setaffinity,99,4,&m)); S(syscall(SYS_sched_getaffinity,0,4,&m)); S(syscall(SYS_sched_getaffinity,99,4,&m)); return 0; }
