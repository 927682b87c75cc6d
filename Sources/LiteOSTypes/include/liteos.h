// SPDX-License-Identifier: Apache-2.0
/* LiteOS' kernel services for C code of the kernel, with LiteOS' names, structures and error codes.
 *
 * Timeouts are in ticks: LOS_NO_WAIT, LOS_WAIT_FOREVER, or a number between. Functions that block
 * may be called by tasks only, and not with LOS_TaskLock held. Objects in the caller's memory
 * (LosMux, LosRwlock, EVENT_CB_S) are opaque between Init and Destroy, and must not move.
 */
#ifndef LITEOS_H
#define LITEOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "los_error.h"

typedef uint8_t UINT8;
typedef uint16_t UINT16;
typedef int32_t INT32;
typedef uint32_t UINT32;
typedef uint64_t UINT64;
typedef uintptr_t UINTPTR;
typedef char CHAR;
typedef void VOID;
typedef uint32_t BOOL;

#define LOS_NO_WAIT      0U
#define LOS_WAIT_FOREVER 0xffffffffU

/* Tasks. */

typedef VOID *(*TSK_ENTRY_FUNC)(UINTPTR, UINTPTR, UINTPTR, UINTPTR);

enum { LOS_SCHED_FIFO = 1, LOS_SCHED_RR = 2, LOS_TASK_NAMELEN = 32, LOS_TASK_MIN_STACK_SIZE = 2048 };
#define LOS_TASK_ATTR_JOINABLE   0x80000000U
#define LOS_TASK_STATUS_DETACHED 0U

typedef struct tagTskInitParam {
  TSK_ENTRY_FUNC pfnTaskEntry;
  UINT16 usTaskPrio;    /* 0 (highest priority) to 31 */
  UINT16 policy;        /* LOS_SCHED_FIFO; any other value: round robin */
  UINTPTR auwArgs[4];
  UINT32 uwStackSize;   /* bytes; 0: the largest available */
  CHAR *pcName;
  UINT16 usCpuAffiMask; /* bit n for CPU n; 0: all CPUs */
  UINT32 uwResved;      /* LOS_TASK_ATTR_JOINABLE; otherwise the task is freed when it ends */
} TSK_INIT_PARAM_S;

/* The bits of usTaskStatus. */
enum {
  OS_TASK_STATUS_READY = 0x0002,
  OS_TASK_STATUS_RUNNING = 0x0004,
  OS_TASK_STATUS_PENDING = 0x0008,
  OS_TASK_STATUS_SUSPENDED = 0x0010,
  OS_TASK_STATUS_DELAY = 0x0020,
  OS_TASK_STATUS_PENDTIME = 0x0080, /* blocked with a timeout */
  OS_TASK_STATUS_EXIT = 0x0100
};

typedef struct tagTskInfo {
  CHAR acName[LOS_TASK_NAMELEN];
  UINT32 uwTaskID;
  UINT16 usTaskStatus;
  UINT16 usTaskPrio;
  UINT32 uwEventMask;
  UINT32 uwStackSize;
  UINTPTR uwTopOfStack;    /* the lowest address of the stack, in LiteOS' terms */
  UINTPTR uwBottomOfStack;
  UINTPTR uwSP;
  UINT32 uwCurrUsed;
  UINT32 uwPeakUsed;
  BOOL bOvf;
} TSK_INFO_S;

UINT32 LOS_TaskCreateOnly(UINT32 *taskID, TSK_INIT_PARAM_S *initParam); /* suspended at first */
UINT32 LOS_TaskCreate(UINT32 *taskID, TSK_INIT_PARAM_S *initParam);
UINT32 LOS_TaskResume(UINT32 taskID);
UINT32 LOS_TaskSuspend(UINT32 taskID);
UINT32 LOS_TaskDelete(UINT32 taskID);
UINT32 LOS_TaskDelay(UINT32 tick);
UINT32 LOS_TaskYield(VOID);
UINT32 LOS_TaskJoin(UINT32 taskID, UINTPTR *retval);
UINT32 LOS_TaskDetach(UINT32 taskID);
VOID LOS_TaskLock(VOID);
VOID LOS_TaskUnlock(VOID);
UINT32 LOS_TaskPriSet(UINT32 taskID, UINT16 taskPrio);
UINT32 LOS_CurTaskPriSet(UINT16 taskPrio);
UINT16 LOS_TaskPriGet(UINT32 taskID); /* 0xffff if there is no such task */
UINT32 LOS_CurTaskIDGet(VOID);
UINT32 LOS_TaskInfoGet(UINT32 taskID, TSK_INFO_S *taskInfo);
UINT32 LOS_TaskCpuAffiSet(UINT32 taskID, UINT16 cpuAffiMask);
UINT16 LOS_TaskCpuAffiGet(UINT32 taskID); /* 0 if there is no such task */
UINT32 LOS_SetTaskScheduler(INT32 taskID, UINT16 policy, UINT16 priority); /* an errno value */
INT32 LOS_GetTaskScheduler(INT32 taskID); /* the policy, or -LOS_EINVAL */
UINT32 LOS_GetSystemTaskMaximum(VOID);

/* Semaphores. */

enum { LOS_SEM_COUNT_MAX = 0xfffe };

UINT32 LOS_SemCreate(UINT16 count, UINT32 *semHandle);
UINT32 LOS_BinarySemCreate(UINT16 count, UINT32 *semHandle);
UINT32 LOS_SemDelete(UINT32 semHandle);
UINT32 LOS_SemPend(UINT32 semHandle, UINT32 timeout);
UINT32 LOS_SemPost(UINT32 semHandle); /* may be called in interrupt handlers */

/* Mutexes. */

enum { LOS_MUX_PRIO_NONE, LOS_MUX_PRIO_INHERIT, LOS_MUX_PRIO_PROTECT };
enum { LOS_MUX_NORMAL, LOS_MUX_RECURSIVE, LOS_MUX_ERRORCHECK, LOS_MUX_DEFAULT = LOS_MUX_RECURSIVE };

typedef struct {
  UINT8 protocol;
  UINT8 prioceiling;
  UINT8 type;
  UINT8 reserved;
} LosMuxAttr;

typedef struct OsMux {
  UINT32 magic;
  LosMuxAttr attr;
  UINT64 state[4];
} LosMux;

UINT32 LOS_MuxAttrInit(LosMuxAttr *attr);
UINT32 LOS_MuxAttrDestroy(LosMuxAttr *attr);
UINT32 LOS_MuxAttrGetType(const LosMuxAttr *attr, INT32 *outType);
UINT32 LOS_MuxAttrSetType(LosMuxAttr *attr, INT32 type);
UINT32 LOS_MuxAttrGetProtocol(const LosMuxAttr *attr, INT32 *protocol);
UINT32 LOS_MuxAttrSetProtocol(LosMuxAttr *attr, INT32 protocol);
UINT32 LOS_MuxInit(LosMux *mutex, const LosMuxAttr *attr); /* always with priority inheritance */
UINT32 LOS_MuxDestroy(LosMux *mutex);
UINT32 LOS_MuxLock(LosMux *mutex, UINT32 timeout);
UINT32 LOS_MuxTrylock(LosMux *mutex);
UINT32 LOS_MuxUnlock(LosMux *mutex);
BOOL LOS_MuxIsValid(const LosMux *mutex);

/* Reader-writer locks. */

typedef struct OsRwlock {
  UINT32 magic;
  UINT32 state[5];
} LosRwlock;

UINT32 LOS_RwlockInit(LosRwlock *rwlock);
UINT32 LOS_RwlockDestroy(LosRwlock *rwlock);
UINT32 LOS_RwlockRdLock(LosRwlock *rwlock, UINT32 timeout);
UINT32 LOS_RwlockTryRdLock(LosRwlock *rwlock);
UINT32 LOS_RwlockWrLock(LosRwlock *rwlock, UINT32 timeout);
UINT32 LOS_RwlockTryWrLock(LosRwlock *rwlock);
UINT32 LOS_RwlockUnLock(LosRwlock *rwlock);
BOOL LOS_RwlockIsValid(const LosRwlock *rwlock);

/* Events. Bits 0 to 24 and 26 to 31 are available. */

#define LOS_WAITMODE_AND 4U
#define LOS_WAITMODE_OR  2U
#define LOS_WAITMODE_CLR 1U

typedef struct tagEvent {
  UINT32 waiters[2];
  UINT32 uwEventID; /* the bits that are set */
} EVENT_CB_S, *PEVENT_CB_S;

UINT32 LOS_EventInit(PEVENT_CB_S eventCB);
UINT32 LOS_EventPoll(UINT32 *eventID, UINT32 eventMask, UINT32 mode);
UINT32 LOS_EventRead(PEVENT_CB_S eventCB, UINT32 eventMask, UINT32 mode, UINT32 timeout);
UINT32 LOS_EventWrite(PEVENT_CB_S eventCB, UINT32 events);
UINT32 LOS_EventClear(PEVENT_CB_S eventCB, UINT32 events); /* keeps the bits of `events` */
UINT32 LOS_EventDestroy(PEVENT_CB_S eventCB);

/* Message queues. */

typedef struct tagQueueInfo {
  UINT32 uwQueueID;
  UINT16 usQueueLen;
  UINT16 usQueueSize; /* bytes of the longest message plus its length field */
  UINT16 usQueueHead;
  UINT16 usQueueTail;
  UINT16 usWritableCnt;
  UINT16 usReadableCnt;
  UINT64 uwWaitReadTask; /* bit n for task n, up to 63 */
  UINT64 uwWaitWriteTask;
  UINT64 uwWaitMemTask;
} QUEUE_INFO_S;

UINT32 LOS_QueueCreate(CHAR *queueName, UINT16 len, UINT32 *queueID, UINT32 flags,
                       UINT16 maxMsgSize);
UINT32 LOS_QueueReadCopy(UINT32 queueID, VOID *bufferAddr, UINT32 *bufferSize, UINT32 timeout);
UINT32 LOS_QueueWriteCopy(UINT32 queueID, VOID *bufferAddr, UINT32 bufferSize, UINT32 timeout);
UINT32 LOS_QueueWriteHeadCopy(UINT32 queueID, VOID *bufferAddr, UINT32 bufferSize,
                              UINT32 timeout);
UINT32 LOS_QueueRead(UINT32 queueID, VOID *bufferAddr, UINT32 bufferSize, UINT32 timeout);
UINT32 LOS_QueueWrite(UINT32 queueID, VOID *bufferAddr, UINT32 bufferSize, UINT32 timeout);
UINT32 LOS_QueueWriteHead(UINT32 queueID, VOID *bufferAddr, UINT32 bufferSize, UINT32 timeout);
UINT32 LOS_QueueDelete(UINT32 queueID);
UINT32 LOS_QueueInfoGet(UINT32 queueID, QUEUE_INFO_S *queueInfo);

/* Software timers. */

enum { LOS_SWTMR_MODE_ONCE, LOS_SWTMR_MODE_PERIOD, LOS_SWTMR_MODE_NO_SELFDELETE };
typedef VOID (*SWTMR_PROC_FUNC)(UINTPTR arg);

UINT32 LOS_SwtmrCreate(UINT32 interval, UINT8 mode, SWTMR_PROC_FUNC handler, UINT16 *swtmrID,
                       UINTPTR arg);
UINT32 LOS_SwtmrStart(UINT16 swtmrID);
UINT32 LOS_SwtmrStop(UINT16 swtmrID);
UINT32 LOS_SwtmrTimeGet(UINT16 swtmrID, UINT32 *tick);
UINT32 LOS_SwtmrDelete(UINT16 swtmrID);

/* Interrupts. */

typedef UINT32 HWI_HANDLE_T;
typedef UINT16 HWI_PRIOR_T; /* 0 (highest priority) to 31 */
typedef UINT16 HWI_MODE_T;
typedef VOID (*HWI_PROC_FUNC)(VOID); /* with irqParam: (int swIrq, VOID *pDevId) */
#define IRQF_SHARED 0x8000U
/* Not in LiteOS: lines of higher priority preempt the handler, nested up to four deep. The kernel's
 * own lines have priority 20. The mode is refused if the controller has no priorities. */
#define IRQF_NESTABLE 0x4000U

typedef struct tagIrqParam {
  int swIrq;
  VOID *pDevId;
  const CHAR *pName;
} HwiIrqParam;

UINT32 LOS_IntLock(VOID);
UINT32 LOS_IntUnLock(VOID); /* unmasks; LOS_IntRestore(result) restores the previous state */
VOID LOS_IntRestore(UINT32 intSave);
UINT32 LOS_GetSystemHwiMaximum(VOID);
UINT32 LOS_HwiCreate(HWI_HANDLE_T hwiNum, HWI_PRIOR_T hwiPrio, HWI_MODE_T hwiMode,
                     HWI_PROC_FUNC hwiHandler, HwiIrqParam *irqParam);
UINT32 LOS_HwiDelete(HWI_HANDLE_T hwiNum, HwiIrqParam *irqParam);
UINT32 LOS_HwiEnable(HWI_HANDLE_T hwiNum);
UINT32 LOS_HwiDisable(HWI_HANDLE_T hwiNum);
UINT32 LOS_HwiTrigger(HWI_HANDLE_T hwiNum);
UINT32 LOS_HwiClear(HWI_HANDLE_T hwiNum);
UINT32 LOS_HwiSetPriority(HWI_HANDLE_T hwiNum, HWI_PRIOR_T priority);
UINT32 LOS_HwiSetAffinity(HWI_HANDLE_T hwiNum, UINT32 cpuMask);
UINT32 LOS_HwiSendIpi(HWI_HANDLE_T hwiNum, UINT32 cpuMask);

/* Work queue (not in LiteOS): interrupt handlers defer work to a kernel task, which may block. One
 * task of priority 3 runs all items, one after the other. The caller provides an item's memory,
 * which must stay valid until LOS_WorkCancelSync. */

#define LOS_WORK_PRIORITY 3
typedef VOID (*LOS_WORK_FUNC)(UINTPTR arg);
typedef struct {
  UINT64 words[sizeof(UINTPTR) == 4 ? 5 : 8];
} LosWork;

/* Initialises an item. Returns LOS_NOK if `work` or `function` is NULL. */
UINT32 LOS_WorkInit(LosWork *work, LOS_WORK_FUNC function, UINTPTR arg);
/* Queues an item after `delay` ticks. Returns false if it is queued already, or being cancelled.
 * May be called in any context. */
bool LOS_WorkQueue(LosWork *work, UINT32 delay);
/* Cancels an item. Returns false if it has begun to run, or was not queued. May be called in any
 * context. */
bool LOS_WorkCancel(LosWork *work);
/* Cancels an item and waits until it does not run any more. Returns LOS_NOK in an interrupt
 * handler, in the item's own function, or if the item still runs after `timeout` ticks. */
UINT32 LOS_WorkCancelSync(LosWork *work, UINT32 timeout);
/* Waits until all queued items have run; delayed items are not waited for. Returns LOS_NOK in an
 * interrupt handler, in the function of an item, or if they have not run after `timeout` ticks. */
UINT32 LOS_WorkFlush(UINT32 timeout);

/* Pools: allocation of blocks of any size. */

typedef struct {
  UINT32 totalUsedSize;
  UINT32 totalFreeSize;
  UINT32 maxFreeNodeSize;
  UINT32 usedNodeNum;
  UINT32 freeNodeNum;
  UINT32 usageWaterLine;
} LOS_MEM_POOL_STATUS;

UINT32 LOS_MemInit(VOID *pool, UINT32 size); /* `pool` is aligned to 8 */
UINT32 LOS_MemDeInit(VOID *pool);
VOID *LOS_MemAlloc(VOID *pool, UINT32 size);
VOID *LOS_MemAllocAlign(VOID *pool, UINT32 size, UINT32 boundary);
VOID *LOS_MemRealloc(VOID *pool, VOID *ptr, UINT32 size);
UINT32 LOS_MemFree(VOID *pool, VOID *ptr);
UINT32 LOS_MemPoolSizeGet(const VOID *pool);
UINT32 LOS_MemTotalUsedGet(VOID *pool);
UINT32 LOS_MemIntegrityCheck(const VOID *pool);
UINT32 LOS_MemInfoGet(VOID *pool, LOS_MEM_POOL_STATUS *poolStatus);

/* Boxes: allocation of blocks of one size. */

/* The bytes of a pool for `n` boxes of `size` bytes. */
#define LOS_MEMBOX_SIZE(size, n) (40U + ((n) + 31U) / 32U * 4U + ((size) + 7U) / 8U * 8U * (n))

UINT32 LOS_MemboxInit(VOID *pool, UINT32 poolSize, UINT32 blkSize); /* `pool` is aligned to 8 */
VOID *LOS_MemboxAlloc(VOID *pool);
UINT32 LOS_MemboxFree(VOID *pool, VOID *box);
VOID LOS_MemboxClr(VOID *pool, VOID *box);
UINT32 LOS_MemboxStatisticsGet(const VOID *boxMem, UINT32 *maxBlk, UINT32 *blkCnt,
                               UINT32 *blkSize);

#endif
