// SPDX-License-Identifier: Apache-2.0
/* The refusals that refusals.c tests, one row each: the context of the call, its code, the call. */
#ifndef REFUSALS_H
#define REFUSALS_H

#define TASK_ROWS(R) \
  R(TASK, BAD_ID, LOS_TaskCreateOnly(NULL, &good)) \
  R(TASK, LOS_ERRNO_TSK_PTR_NULL, LOS_TaskCreateOnly(&number, NULL)) \
  R(TASK, LOS_ERRNO_TSK_ENTRY_NULL, LOS_TaskCreateOnly(&number, &no_entry)) \
  R(TASK, LOS_ERRNO_TSK_NAME_EMPTY, LOS_TaskCreateOnly(&number, &no_name)) \
  R(TASK, LOS_ERRNO_TSK_PRIOR_ERROR, LOS_TaskCreateOnly(&number, &bad_priority)) \
  R(TASK, LOS_ERRNO_TSK_STKSZ_TOO_SMALL, LOS_TaskCreateOnly(&number, &small)) \
  R(TASK, LOS_ERRNO_TSK_STKSZ_TOO_LARGE, LOS_TaskCreateOnly(&number, &large)) \
  R(TASK, BAD_ID, LOS_TaskCreate(NULL, &good)) \
  R(TASK, LOS_ERRNO_TSK_PTR_NULL, LOS_TaskCreate(&number, NULL)) \
  R(TASK, LOS_ERRNO_TSK_PRIOR_ERROR, LOS_TaskCreate(&number, &bad_priority)) \
  R(INTERRUPT, LOS_ERRNO_TSK_YIELD_IN_INT, LOS_TaskCreate(&number, &good)) \
  R(TASK, BAD_ID, LOS_TaskResume(INVALID)) \
  R(TASK, NO_TASK, LOS_TaskResume(gone)) \
  R(TASK, LOS_ERRNO_TSK_NOT_SUSPENDED, LOS_TaskResume(me)) \
  R(TASK, LOS_ERRNO_TSK_NOT_SUSPENDED, LOS_TaskResume(waiter)) \
  R(TASK, LOS_ERRNO_TSK_NOT_SUSPENDED, LOS_TaskResume(over)) \
  R(INTERRUPT, LOS_ERRNO_TSK_NOT_SUSPENDED, LOS_TaskResume(waiter)) \
  R(TASK, BAD_ID, LOS_TaskSuspend(INVALID)) \
  R(TASK, NO_TASK, LOS_TaskSuspend(gone)) \
  R(TASK, NO_TASK, LOS_TaskSuspend(over)) \
  R(TASK, SYSTEM_TASK, LOS_TaskSuspend(0)) \
  R(TASK, LOS_ERRNO_TSK_ALREADY_SUSPENDED, LOS_TaskSuspend(resting)) \
  R(LOCKED, LOS_ERRNO_TSK_SUSPEND_LOCKED, LOS_TaskSuspend(me)) \
  R(INTERRUPT, LOS_ERRNO_TSK_SUSPEND_LOCKED, LOS_TaskSuspend(me)) \
  R(TASK, BAD_ID, LOS_TaskDelete(INVALID)) \
  R(TASK, NO_TASK, LOS_TaskDelete(gone)) \
  R(TASK, SYSTEM_TASK, LOS_TaskDelete(0)) \
  R(LOCKED, LOS_ERRNO_TSK_DELETE_LOCKED, LOS_TaskDelete(me)) \
  R(INTERRUPT, LOS_ERRNO_TSK_YIELD_IN_INT, LOS_TaskDelete(waiter)) \
  R(INTERRUPT, LOS_ERRNO_TSK_DELAY_IN_INT, LOS_TaskDelay(1)) \
  R(LOCKED, LOS_ERRNO_TSK_DELAY_IN_LOCK, LOS_TaskDelay(1)) \
  R(SYSTEM, SYSTEM_TASK, LOS_TaskDelay(1)) \
  R(INTERRUPT, LOS_ERRNO_TSK_YIELD_IN_INT, LOS_TaskYield()) \
  R(LOCKED, LOS_ERRNO_TSK_YIELD_IN_LOCK, LOS_TaskYield()) \
  R(TASK, LOS_EINVAL, LOS_TaskJoin(INVALID, &result)) \
  R(TASK, LOS_EINVAL, LOS_TaskJoin(gone, &result)) \
  R(TASK, LOS_EINVAL, LOS_TaskJoin(resting, &result)) \
  R(TASK, LOS_EINVAL, LOS_TaskJoin(joined, &result)) \
  R(TASK, LOS_EDEADLK, LOS_TaskJoin(me, &result)) \
  R(INTERRUPT, LOS_EINTR, LOS_TaskJoin(over, &result)) \
  R(LOCKED, LOS_EINVAL, LOS_TaskJoin(waiter, &result)) \
  R(TASK, LOS_EINVAL, LOS_TaskDetach(INVALID)) \
  R(TASK, LOS_EINVAL, LOS_TaskDetach(gone)) \
  R(TASK, LOS_EINVAL, LOS_TaskDetach(resting)) \
  R(TASK, LOS_ESRCH, LOS_TaskDetach(joined)) \
  R(INTERRUPT, LOS_EINTR, LOS_TaskDetach(over)) \
  R(TASK, BAD_ID, LOS_TaskPriSet(INVALID, 10)) \
  R(TASK, NO_TASK, LOS_TaskPriSet(gone, 10)) \
  R(TASK, NO_TASK, LOS_TaskPriSet(over, 10)) \
  R(TASK, LOS_ERRNO_TSK_PRIOR_ERROR, LOS_TaskPriSet(waiter, 32)) \
  R(TASK, SYSTEM_TASK, LOS_TaskPriSet(0, 10)) \
  R(TASK, LOS_ERRNO_TSK_PRIOR_ERROR, LOS_CurTaskPriSet(0x100)) \
  R(TASK, 0xffff, LOS_TaskPriGet(INVALID)) \
  R(TASK, 0xffff, LOS_TaskPriGet(gone)) \
  R(TASK, LOS_ERRNO_TSK_PTR_NULL, LOS_TaskInfoGet(me, NULL)) \
  R(TASK, BAD_ID, LOS_TaskInfoGet(INVALID, &info)) \
  R(TASK, NO_TASK, LOS_TaskInfoGet(gone, &info)) \
  R(TASK, BAD_ID, LOS_TaskCpuAffiSet(INVALID, 1)) \
  R(TASK, NO_TASK, LOS_TaskCpuAffiSet(gone, 1)) \
  R(TASK, SYSTEM_TASK, LOS_TaskCpuAffiSet(0, 1)) \
  R(TASK, LOS_ERRNO_TSK_CPU_AFFINITY_MASK_ERR, LOS_TaskCpuAffiSet(waiter, 0)) \
  R(TASK, LOS_ERRNO_TSK_CPU_AFFINITY_MASK_ERR, LOS_TaskCpuAffiSet(waiter, 0x8000)) \
  R(TASK, 0, LOS_TaskCpuAffiGet(INVALID)) \
  R(TASK, 0, LOS_TaskCpuAffiGet(gone)) \
  R(TASK, LOS_ESRCH, LOS_SetTaskScheduler(-1, LOS_SCHED_RR, 20)) \
  R(TASK, LOS_ESRCH, LOS_SetTaskScheduler(INVALID, LOS_SCHED_RR, 20)) \
  R(TASK, LOS_ESRCH, LOS_SetTaskScheduler((INT32)gone, LOS_SCHED_RR, 20)) \
  R(TASK, LOS_EINVAL, LOS_SetTaskScheduler((INT32)waiter, 3, 20)) \
  R(TASK, LOS_EINVAL, LOS_SetTaskScheduler((INT32)waiter, LOS_SCHED_RR, 32)) \
  R(TASK, LOS_EPERM, LOS_SetTaskScheduler(0, LOS_SCHED_RR, 20)) \
  R(TASK, (uint32_t)-22, LOS_GetTaskScheduler(-1)) \
  R(TASK, (uint32_t)-22, LOS_GetTaskScheduler((INT32)gone))

#define SEMAPHORE_ROWS(R) \
  R(TASK, LOS_ERRNO_SEM_PTR_NULL, LOS_SemCreate(0, NULL)) \
  R(TASK, LOS_ERRNO_SEM_OVERFLOW, LOS_SemCreate(0xffff, &number)) \
  R(TASK, LOS_ERRNO_SEM_PTR_NULL, LOS_BinarySemCreate(0, NULL)) \
  R(TASK, LOS_ERRNO_SEM_OVERFLOW, LOS_BinarySemCreate(2, &number)) \
  R(TASK, LOS_ERRNO_SEM_INVALID, LOS_SemDelete(0xffff)) \
  R(TASK, LOS_ERRNO_SEM_INVALID, LOS_SemDelete(gone_semaphore)) \
  R(TASK, LOS_ERRNO_SEM_PENDED, LOS_SemDelete(awaited)) \
  R(TASK, LOS_ERRNO_SEM_INVALID, LOS_SemPend(0xffff, EVER)) \
  R(TASK, LOS_ERRNO_SEM_INVALID, LOS_SemPend(gone_semaphore, EVER)) \
  R(TASK, LOS_ERRNO_SEM_UNAVAILABLE, LOS_SemPend(empty, LOS_NO_WAIT)) \
  R(TASK, LOS_ERRNO_SEM_TIMEOUT, LOS_SemPend(empty, 1)) \
  R(INTERRUPT, LOS_ERRNO_SEM_PEND_INTERR, LOS_SemPend(full, LOS_NO_WAIT)) \
  R(LOCKED, LOS_ERRNO_SEM_PEND_IN_LOCK, LOS_SemPend(empty, EVER)) \
  R(SYSTEM, LOS_ERRNO_SEM_PEND_IN_SYSTEM_TASK, LOS_SemPend(empty, EVER)) \
  R(TASK, LOS_ERRNO_SEM_INVALID, LOS_SemPost(0xffff)) \
  R(TASK, LOS_ERRNO_SEM_INVALID, LOS_SemPost(gone_semaphore)) \
  R(TASK, LOS_ERRNO_SEM_OVERFLOW, LOS_SemPost(full)) \
  R(INTERRUPT, LOS_ERRNO_SEM_OVERFLOW, LOS_SemPost(full))

#define MUTEX_ROWS(R) \
  R(TASK, LOS_EINVAL, LOS_MuxAttrInit(NULL)) \
  R(TASK, LOS_EINVAL, LOS_MuxAttrDestroy(NULL)) \
  R(TASK, LOS_EINVAL, LOS_MuxAttrGetType(NULL, &type)) \
  R(TASK, LOS_EINVAL, LOS_MuxAttrGetType(&attribute, NULL)) \
  R(TASK, LOS_EINVAL, LOS_MuxAttrGetType(&bad_attribute, &type)) \
  R(TASK, LOS_EINVAL, LOS_MuxAttrSetType(NULL, LOS_MUX_NORMAL)) \
  R(TASK, LOS_EINVAL, LOS_MuxAttrSetType(&attribute, 3)) \
  R(TASK, LOS_EINVAL, LOS_MuxAttrSetType(&attribute, -1)) \
  R(TASK, LOS_EINVAL, LOS_MuxAttrGetProtocol(NULL, &type)) \
  R(TASK, LOS_EINVAL, LOS_MuxAttrGetProtocol(&attribute, NULL)) \
  R(TASK, LOS_EINVAL, LOS_MuxAttrSetProtocol(NULL, LOS_MUX_PRIO_INHERIT)) \
  R(TASK, LOS_EINVAL, LOS_MuxAttrSetProtocol(&attribute, 3)) \
  R(TASK, LOS_EINVAL, LOS_MuxInit(NULL, NULL)) \
  R(TASK, LOS_EINVAL, LOS_MuxInit(&unmade, &bad_attribute)) \
  R(TASK, LOS_EINVAL, LOS_MuxInit(&unmade, &ceiling_attribute)) \
  R(TASK, LOS_EINVAL, LOS_MuxInit(&unmade, &protecting)) \
  R(TASK, LOS_EBUSY, LOS_MuxInit(&mine, NULL)) \
  R(TASK, LOS_EINVAL, LOS_MuxDestroy(NULL)) \
  R(TASK, LOS_EBADF, LOS_MuxDestroy(&unmade)) \
  R(TASK, LOS_EBUSY, LOS_MuxDestroy(&mine)) \
  R(TASK, LOS_EBUSY, LOS_MuxDestroy(&its)) \
  R(TASK, LOS_EINVAL, LOS_MuxLock(NULL, EVER)) \
  R(TASK, LOS_EBADF, LOS_MuxLock(&unmade, EVER)) \
  R(TASK, LOS_EDEADLK, LOS_MuxLock(&strict, EVER)) \
  R(TASK, LOS_EDEADLK, LOS_MuxLock(&strict, LOS_NO_WAIT)) \
  R(TASK, LOS_EDEADLK, LOS_MuxLock(&its, EVER)) /* whose owner waits for one of ours */ \
  R(TASK, LOS_EINVAL, LOS_MuxLock(&its, LOS_NO_WAIT)) \
  R(INTERRUPT, LOS_EINTR, LOS_MuxLock(&mine, LOS_NO_WAIT)) \
  R(LOCKED, LOS_EDEADLK, LOS_MuxLock(&its, EVER)) \
  R(TASK, LOS_EINVAL, LOS_MuxTrylock(NULL)) \
  R(TASK, LOS_EBADF, LOS_MuxTrylock(&unmade)) \
  R(TASK, LOS_EBUSY, LOS_MuxTrylock(&its)) \
  R(TASK, LOS_EBUSY, LOS_MuxTrylock(&strict)) \
  R(INTERRUPT, LOS_EINTR, LOS_MuxTrylock(&mine)) \
  R(TASK, LOS_EINVAL, LOS_MuxUnlock(NULL)) \
  R(TASK, LOS_EBADF, LOS_MuxUnlock(&unmade)) \
  R(TASK, LOS_EPERM, LOS_MuxUnlock(&its)) \
  R(INTERRUPT, LOS_EINTR, LOS_MuxUnlock(&mine)) \
  R(TASK, 0, LOS_MuxIsValid(NULL)) \
  R(TASK, 0, LOS_MuxIsValid(&unmade))

#define LOCK_ROWS(R) \
  R(TASK, LOS_EINVAL, LOS_RwlockInit(NULL)) \
  R(TASK, LOS_EPERM, LOS_RwlockInit(&my_lock)) \
  R(TASK, LOS_EINVAL, LOS_RwlockDestroy(NULL)) \
  R(TASK, LOS_EBADF, LOS_RwlockDestroy(&unmade_lock)) \
  R(TASK, LOS_EBUSY, LOS_RwlockDestroy(&my_lock)) \
  R(TASK, LOS_EBUSY, LOS_RwlockDestroy(&read_lock)) \
  R(TASK, LOS_EINVAL, LOS_RwlockRdLock(NULL, EVER)) \
  R(TASK, LOS_EBADF, LOS_RwlockRdLock(&unmade_lock, EVER)) \
  R(TASK, LOS_EINVAL, LOS_RwlockRdLock(&my_lock, EVER)) \
  R(TASK, LOS_EINVAL, LOS_RwlockRdLock(&its_lock, LOS_NO_WAIT)) \
  R(TASK, LOS_ETIMEDOUT, LOS_RwlockRdLock(&its_lock, 1)) \
  R(INTERRUPT, LOS_EINTR, LOS_RwlockRdLock(&read_lock, LOS_NO_WAIT)) \
  R(LOCKED, LOS_EDEADLK, LOS_RwlockRdLock(&its_lock, EVER)) \
  R(SYSTEM, LOS_EPERM, LOS_RwlockRdLock(&read_lock, EVER)) \
  R(TASK, LOS_EBUSY, LOS_RwlockTryRdLock(&its_lock)) \
  R(TASK, LOS_EINVAL, LOS_RwlockTryRdLock(NULL)) \
  R(TASK, LOS_EINVAL, LOS_RwlockWrLock(NULL, EVER)) \
  R(TASK, LOS_EBADF, LOS_RwlockWrLock(&unmade_lock, EVER)) \
  R(TASK, LOS_EINVAL, LOS_RwlockWrLock(&its_lock, LOS_NO_WAIT)) \
  R(TASK, LOS_ETIMEDOUT, LOS_RwlockWrLock(&its_lock, 1)) \
  R(INTERRUPT, LOS_EINTR, LOS_RwlockWrLock(&its_lock, LOS_NO_WAIT)) \
  R(LOCKED, LOS_EDEADLK, LOS_RwlockWrLock(&its_lock, EVER)) \
  R(SYSTEM, LOS_EPERM, LOS_RwlockWrLock(&its_lock, EVER)) \
  R(TASK, LOS_EBUSY, LOS_RwlockTryWrLock(&read_lock)) \
  R(TASK, LOS_EBUSY, LOS_RwlockTryWrLock(&its_lock)) \
  R(TASK, LOS_EINVAL, LOS_RwlockUnLock(NULL)) \
  R(TASK, LOS_EBADF, LOS_RwlockUnLock(&unmade_lock)) \
  R(TASK, LOS_EPERM, LOS_RwlockUnLock(&its_lock)) \
  R(INTERRUPT, LOS_EINTR, LOS_RwlockUnLock(&my_lock)) \
  R(TASK, 0, LOS_RwlockIsValid(NULL)) \
  R(TASK, 0, LOS_RwlockIsValid(&unmade_lock))

#define EVENT_ROWS(R) \
  R(TASK, LOS_ERRNO_EVENT_PTR_NULL, LOS_EventInit(NULL)) \
  R(TASK, LOS_ERRNO_EVENT_PTR_NULL, LOS_EventPoll(NULL, 1, OR)) \
  R(TASK, LOS_ERRNO_EVENT_EVENTMASK_INVALID, LOS_EventPoll(&events.uwEventID, 0, OR)) \
  R(TASK, LOS_ERRNO_EVENT_SETBIT_INVALID, LOS_EventPoll(&events.uwEventID, 1u << 25, OR)) \
  R(TASK, LOS_ERRNO_EVENT_FLAGS_INVALID, LOS_EventPoll(&events.uwEventID, 1, 6)) \
  R(TASK, LOS_ERRNO_EVENT_PTR_NULL, LOS_EventRead(NULL, 1, OR, EVER)) \
  R(TASK, LOS_ERRNO_EVENT_EVENTMASK_INVALID, LOS_EventRead(&events, 0, OR, EVER)) \
  R(TASK, LOS_ERRNO_EVENT_SETBIT_INVALID, LOS_EventRead(&events, 1u << 25, OR, EVER)) \
  R(TASK, LOS_ERRNO_EVENT_FLAGS_INVALID, LOS_EventRead(&events, 1, 0, EVER)) \
  R(TASK, LOS_ERRNO_EVENT_FLAGS_INVALID, LOS_EventRead(&events, 1, 8 | OR, EVER)) \
  R(TASK, 0, LOS_EventRead(&events, 1, OR, LOS_NO_WAIT)) \
  R(TASK, LOS_ERRNO_EVENT_READ_TIMEOUT, LOS_EventRead(&events, 1, OR, 1)) \
  R(INTERRUPT, LOS_ERRNO_EVENT_READ_IN_INTERRUPT, LOS_EventRead(&events, 1, OR, LOS_NO_WAIT)) \
  R(LOCKED, LOS_ERRNO_EVENT_READ_IN_LOCK, LOS_EventRead(&events, 1, OR, EVER)) \
  R(SYSTEM, LOS_ERRNO_EVENT_READ_IN_SYSTEM_TASK, LOS_EventRead(&events, 1, OR, EVER)) \
  R(TASK, LOS_ERRNO_EVENT_PTR_NULL, LOS_EventWrite(NULL, 1)) \
  R(TASK, LOS_ERRNO_EVENT_SETBIT_INVALID, LOS_EventWrite(&events, 3u << 24)) \
  R(INTERRUPT, LOS_ERRNO_EVENT_SETBIT_INVALID, LOS_EventWrite(&events, 1u << 25)) \
  R(TASK, LOS_ERRNO_EVENT_PTR_NULL, LOS_EventClear(NULL, 0)) \
  R(TASK, LOS_ERRNO_EVENT_PTR_NULL, LOS_EventDestroy(NULL)) \
  R(TASK, LOS_ERRNO_EVENT_SHOULD_NOT_DESTORY, LOS_EventDestroy(&awaited_events))

#define QUEUE_ROWS(R) \
  R(TASK, LOS_ERRNO_QUEUE_CREAT_PTR_NULL, LOS_QueueCreate(NULL, 1, NULL, 0, 4)) \
  R(TASK, LOS_ERRNO_QUEUE_PARA_ISZERO, LOS_QueueCreate(NULL, 0, &number, 0, 4)) \
  R(TASK, LOS_ERRNO_QUEUE_PARA_ISZERO, LOS_QueueCreate(NULL, 1, &number, 0, 0)) \
  R(TASK, LOS_ERRNO_QUEUE_SIZE_TOO_BIG, LOS_QueueCreate(NULL, 1, &number, 0, 0xffff)) \
  R(TASK, LOS_ERRNO_QUEUE_CREATE_NO_MEMORY, LOS_QueueCreate(NULL, 0xffff, &number, 0, 0xfff0)) \
  R(TASK, LOS_ERRNO_QUEUE_NOT_FOUND, LOS_QueueDelete(0xffff)) \
  R(TASK, NO_QUEUE, LOS_QueueDelete(gone_queue)) \
  R(TASK, LOS_ERRNO_QUEUE_IN_TSKUSE, LOS_QueueDelete(read_queue)) \
  R(TASK, BAD_QUEUE, LOS_QueueReadCopy(0xffff, word, room(8), EVER)) \
  R(TASK, NO_QUEUE, LOS_QueueReadCopy(gone_queue, word, room(8), EVER)) \
  R(TASK, LOS_ERRNO_QUEUE_READ_PTR_NULL, LOS_QueueReadCopy(queue, NULL, room(8), EVER)) \
  R(TASK, LOS_ERRNO_QUEUE_READ_PTR_NULL, LOS_QueueReadCopy(queue, word, NULL, EVER)) \
  R(TASK, LOS_ERRNO_QUEUE_READSIZE_IS_INVALID, LOS_QueueReadCopy(queue, word, room(0), EVER)) \
  R(TASK, LOS_ERRNO_QUEUE_READSIZE_IS_INVALID, LOS_QueueReadCopy(queue, word, room(0xffff), EVER)) \
  R(TASK, LOS_ERRNO_QUEUE_READ_SIZE_TOO_SMALL, LOS_QueueReadCopy(queue, word, room(4), EVER)) \
  R(TASK, LOS_ERRNO_QUEUE_ISEMPTY, LOS_QueueReadCopy(queue, word, room(8), LOS_NO_WAIT)) \
  R(TASK, LOS_ERRNO_QUEUE_TIMEOUT, LOS_QueueReadCopy(queue, word, room(8), 1)) \
  R(INTERRUPT, LOS_ERRNO_QUEUE_READ_IN_INTERRUPT, LOS_QueueReadCopy(queue, word, room(8), 1)) \
  R(INTERRUPT, LOS_ERRNO_QUEUE_ISEMPTY, LOS_QueueReadCopy(queue, word, room(8), LOS_NO_WAIT)) \
  R(LOCKED, LOS_ERRNO_QUEUE_PEND_IN_LOCK, LOS_QueueReadCopy(queue, word, room(8), EVER)) \
  R(TASK, LOS_ERRNO_QUEUE_READ_PTR_NULL, LOS_QueueRead(queue, NULL, 8, EVER)) \
  R(TASK, LOS_ERRNO_QUEUE_ISEMPTY, LOS_QueueRead(queue, word, 8, LOS_NO_WAIT)) \
  R(TASK, BAD_QUEUE, LOS_QueueWriteCopy(0xffff, word, 4, EVER)) \
  R(TASK, NO_QUEUE, LOS_QueueWriteCopy(gone_queue, word, 4, EVER)) \
  R(TASK, LOS_ERRNO_QUEUE_WRITE_PTR_NULL, LOS_QueueWriteCopy(queue, NULL, 4, EVER)) \
  R(TASK, LOS_ERRNO_QUEUE_WRITESIZE_ISZERO, LOS_QueueWriteCopy(queue, word, 0, EVER)) \
  R(TASK, LOS_ERRNO_QUEUE_WRITE_SIZE_TOO_BIG, LOS_QueueWriteCopy(queue, word, 9, EVER)) \
  R(TASK, LOS_ERRNO_QUEUE_ISFULL, LOS_QueueWriteCopy(full_queue, word, 4, LOS_NO_WAIT)) \
  R(TASK, LOS_ERRNO_QUEUE_TIMEOUT, LOS_QueueWriteCopy(full_queue, word, 4, 1)) \
  R(INTERRUPT, LOS_ERRNO_QUEUE_WRITE_IN_INTERRUPT, LOS_QueueWriteCopy(queue, word, 4, 1)) \
  R(INTERRUPT, LOS_ERRNO_QUEUE_ISFULL, LOS_QueueWriteCopy(full_queue, word, 4, LOS_NO_WAIT)) \
  R(LOCKED, LOS_ERRNO_QUEUE_PEND_IN_LOCK, LOS_QueueWriteCopy(full_queue, word, 4, EVER)) \
  R(TASK, BAD_QUEUE, LOS_QueueWriteHeadCopy(0xffff, word, 4, EVER)) \
  R(TASK, LOS_ERRNO_QUEUE_ISFULL, LOS_QueueWriteHeadCopy(full_queue, word, 4, LOS_NO_WAIT)) \
  R(TASK, LOS_ERRNO_QUEUE_WRITE_PTR_NULL, LOS_QueueWrite(queue, NULL, 4, EVER)) \
  R(TASK, LOS_ERRNO_QUEUE_ISFULL, LOS_QueueWrite(full_queue, word, 4, LOS_NO_WAIT)) \
  R(TASK, LOS_ERRNO_QUEUE_WRITE_PTR_NULL, LOS_QueueWriteHead(queue, NULL, 4, EVER)) \
  R(TASK, NO_QUEUE, LOS_QueueWriteHead(gone_queue, word, 4, EVER)) \
  R(TASK, LOS_ERRNO_QUEUE_PTR_NULL, LOS_QueueInfoGet(queue, NULL)) \
  R(TASK, BAD_QUEUE, LOS_QueueInfoGet(0xffff, &queue_info)) \
  R(TASK, NO_QUEUE, LOS_QueueInfoGet(gone_queue, &queue_info))

#define TIMER_ROWS(R) \
  R(TASK, LOS_ERRNO_SWTMR_INTERVAL_NOT_SUITED, LOS_SwtmrCreate(0, 0, expire, &short_number, 0)) \
  R(TASK, LOS_ERRNO_SWTMR_MODE_INVALID, LOS_SwtmrCreate(1, 9, expire, &short_number, 0)) \
  R(TASK, LOS_ERRNO_SWTMR_PTR_NULL, LOS_SwtmrCreate(1, 0, NULL, &short_number, 0)) \
  R(TASK, LOS_ERRNO_SWTMR_RET_PTR_NULL, LOS_SwtmrCreate(1, 0, expire, NULL, 0)) \
  R(TASK, BAD_TIMER, LOS_SwtmrStart(0xffff)) \
  R(TASK, NO_TIMER, LOS_SwtmrStart(gone_timer)) \
  R(INTERRUPT, NO_TIMER, LOS_SwtmrStart(gone_timer)) \
  R(TASK, BAD_TIMER, LOS_SwtmrStop(0xffff)) \
  R(TASK, NO_TIMER, LOS_SwtmrStop(gone_timer)) \
  R(TASK, LOS_ERRNO_SWTMR_NOT_STARTED, LOS_SwtmrStop(timer)) \
  R(TASK, BAD_TIMER, LOS_SwtmrTimeGet(0xffff, &number)) \
  R(TASK, LOS_ERRNO_SWTMR_TICK_PTR_NULL, LOS_SwtmrTimeGet(timer, NULL)) \
  R(TASK, NO_TIMER, LOS_SwtmrTimeGet(gone_timer, &number)) \
  R(TASK, LOS_ERRNO_SWTMR_NOT_STARTED, LOS_SwtmrTimeGet(timer, &number)) \
  R(TASK, BAD_TIMER, LOS_SwtmrDelete(0xffff)) \
  R(TASK, NO_TIMER, LOS_SwtmrDelete(gone_timer))

#define INTERRUPT_ROWS(R) \
  R(TASK, OS_ERRNO_HWI_PROC_FUNC_NULL, LOS_HwiCreate(DEVICE_LINE, 16, 0, NULL, NULL)) \
  R(TASK, NO_LINE, LOS_HwiCreate(INVALID, 16, 0, handler, NULL)) \
  R(TASK, OS_ERRNO_HWI_PRIO_INVALID, LOS_HwiCreate(DEVICE_LINE, 32, 0, handler, NULL)) \
  R(TASK, OS_ERRNO_HWI_MODE_INVALID, LOS_HwiCreate(DEVICE_LINE, 16, 1, handler, NULL)) \
  R(TASK, OS_ERRNO_HWI_ALREADY_CREATED, LOS_HwiCreate(LINE, 16, 0, handler, NULL)) \
  R(TASK, OS_ERRNO_HWI_SHARED_ERROR, LOS_HwiCreate(LINE, 16, IRQF_SHARED, handler, &device)) \
  R(TASK, OS_ERRNO_HWI_SHARED_ERROR, LOS_HwiCreate(DEVICE_LINE, 16, IRQF_SHARED, handler, NULL)) \
  R(TASK, OS_ERRNO_HWI_SHARED_ERROR, LOS_HwiCreate(DEVICE_LINE, 16, IRQF_SHARED, handler, &no_device)) \
  R(TASK, NO_LINE, LOS_HwiDelete(INVALID, NULL)) \
  R(TASK, NO_HANDLER, LOS_HwiDelete(DEVICE_LINE, NULL)) \
  R(TASK, NO_LINE, LOS_HwiEnable(INVALID)) \
  R(TASK, NO_HANDLER, LOS_HwiEnable(DEVICE_LINE)) \
  R(TASK, NO_LINE, LOS_HwiDisable(INVALID)) \
  R(TASK, NO_HANDLER, LOS_HwiDisable(DEVICE_LINE)) \
  R(TASK, NO_LINE, LOS_HwiTrigger(INVALID)) \
  R(TASK, NO_HANDLER, LOS_HwiTrigger(DEVICE_LINE)) \
  R(TASK, NO_LINE, LOS_HwiClear(INVALID)) \
  R(TASK, NO_HANDLER, LOS_HwiClear(DEVICE_LINE)) \
  R(TASK, NO_LINE, LOS_HwiSetPriority(INVALID, 1)) \
  R(TASK, NO_HANDLER, LOS_HwiSetPriority(DEVICE_LINE, 1)) \
  R(TASK, OS_ERRNO_HWI_PRIO_INVALID, LOS_HwiSetPriority(LINE, 32)) \
  R(TASK, NO_LINE, LOS_HwiSetAffinity(INVALID, 1)) \
  R(TASK, NO_HANDLER, LOS_HwiSetAffinity(DEVICE_LINE, 1)) \
  R(TASK, NO_LINE, LOS_HwiSendIpi(INVALID, 1)) \
  R(TASK, OS_ERRNO_HWI_ARG_INVALID, LOS_HwiSendIpi(LINE, 0)) \
  R(INTERRUPT, OS_ERRNO_HWI_INTERR, LOS_HwiCreate(DEVICE_LINE, 16, 0, handler, NULL)) \
  R(INTERRUPT, OS_ERRNO_HWI_INTERR, LOS_HwiDelete(LINE, NULL))

#define MEMORY_ROWS(R) \
  R(TASK, LOS_NOK, LOS_MemInit(NULL, 1024)) \
  R(TASK, LOS_NOK, LOS_MemInit(no_pool, 8)) \
  R(TASK, LOS_NOK, LOS_MemDeInit(NULL)) \
  R(TASK, LOS_NOK, LOS_MemDeInit(no_pool)) \
  R(TASK, 0, LOS_MemAlloc(NULL, 8)) \
  R(TASK, 0, LOS_MemAlloc(no_pool, 8)) \
  R(TASK, 0, LOS_MemAlloc(pool, 0)) \
  R(TASK, 0, LOS_MemAlloc(pool, sizeof pool)) \
  R(TASK, 0, LOS_MemAlloc(pool, 0xffffffff)) \
  R(TASK, 0, LOS_MemAllocAlign(NULL, 8, 8)) \
  R(TASK, 0, LOS_MemAllocAlign(pool, 8, 12)) \
  R(TASK, 0, LOS_MemAllocAlign(pool, 8, 2)) \
  R(TASK, 0, LOS_MemAllocAlign(pool, 0, 8)) \
  R(TASK, 0, LOS_MemRealloc(NULL, block, 8)) \
  R(TASK, 0, LOS_MemRealloc(pool, block, sizeof pool)) \
  R(TASK, 0, LOS_MemRealloc(pool, block + 4, 8)) \
  R(TASK, LOS_NOK, LOS_MemFree(NULL, block)) \
  R(TASK, LOS_NOK, LOS_MemFree(pool, NULL)) \
  R(TASK, LOS_NOK, LOS_MemFree(no_pool, block)) \
  R(TASK, LOS_NOK, LOS_MemFree(pool, block + 8)) \
  R(TASK, LOS_NOK, LOS_MemFree(pool, word)) \
  R(TASK, LOS_NOK, LOS_MemPoolSizeGet(NULL)) \
  R(TASK, LOS_NOK, LOS_MemPoolSizeGet(no_pool)) \
  R(TASK, LOS_NOK, LOS_MemTotalUsedGet(NULL)) \
  R(TASK, LOS_NOK, LOS_MemIntegrityCheck(NULL)) \
  R(TASK, LOS_NOK, LOS_MemIntegrityCheck(no_pool)) \
  R(TASK, LOS_NOK, LOS_MemInfoGet(NULL, &status)) \
  R(TASK, LOS_NOK, LOS_MemInfoGet(pool, NULL)) \
  R(TASK, LOS_NOK, LOS_MemboxInit(NULL, 100, 8)) \
  R(TASK, LOS_NOK, LOS_MemboxInit(no_pool, 8, 8)) \
  R(TASK, LOS_NOK, LOS_MemboxInit(no_pool, sizeof no_pool, 0)) \
  R(TASK, 0, LOS_MemboxAlloc(NULL)) \
  R(TASK, 0, LOS_MemboxAlloc(no_pool)) \
  R(TASK, LOS_NOK, LOS_MemboxFree(NULL, box)) \
  R(TASK, LOS_NOK, LOS_MemboxFree(boxes, NULL)) \
  R(TASK, LOS_NOK, LOS_MemboxFree(boxes, box + 8)) \
  R(TASK, LOS_NOK, LOS_MemboxFree(boxes, box + 1)) \
  R(TASK, LOS_NOK, LOS_MemboxFree(boxes, word)) \
  R(TASK, LOS_NOK, LOS_MemboxStatisticsGet(NULL, &number, &number, &number)) \
  R(TASK, LOS_NOK, LOS_MemboxStatisticsGet(boxes, NULL, &number, &number)) \
  R(TASK, LOS_NOK, LOS_MemboxStatisticsGet(boxes, &number, NULL, &number)) \
  R(TASK, LOS_NOK, LOS_MemboxStatisticsGet(boxes, &number, &number, NULL))

#define ROWS(R) \
  TASK_ROWS(R) SEMAPHORE_ROWS(R) MUTEX_ROWS(R) LOCK_ROWS(R) EVENT_ROWS(R) QUEUE_ROWS(R) TIMER_ROWS(R) \
  INTERRUPT_ROWS(R) MEMORY_ROWS(R)

#endif
