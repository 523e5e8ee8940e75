#include "libpq.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

// Result, name, parameters with their types, and the same without.
#define FUNCTIONS(USE)                                                                                                       \
    USE(void, PQclear, (PGresult *a), (a))                                                                                   \
    USE(char *, PQcmdTuples, (PGresult *a), (a))                                                                             \
    USE(PostgresPollingStatusType, PQconnectPoll, (PGconn *a), (a))                                                          \
    USE(PGconn *, PQconnectStartParams, (const char *const *a, const char *const *b, int c), (a, b, c))                      \
    USE(PQconninfoOption *, PQconninfo, (PGconn *a), (a))                                                                    \
    USE(void, PQconninfoFree, (PQconninfoOption *a), (a))                                                                    \
    USE(int, PQconsumeInput, (PGconn *a), (a))                                                                               \
    USE(int, PQenterPipelineMode, (PGconn *a), (a))                                                                          \
    USE(char *, PQerrorMessage, (const PGconn *a), (a))                                                                      \
    USE(int, PQexitPipelineMode, (PGconn *a), (a))                                                                           \
    USE(void, PQfinish, (PGconn *a), (a))                                                                                    \
    USE(int, PQflush, (PGconn *a), (a))                                                                                      \
    USE(int, PQfnumber, (const PGresult *a, const char *b), (a, b))                                                          \
    USE(void, PQfreemem, (void *a), (a))                                                                                     \
    USE(PGresult *, PQgetResult, (PGconn *a), (a))                                                                           \
    USE(int, PQgetisnull, (const PGresult *a, int b, int c), (a, b, c))                                                      \
    USE(int, PQgetlength, (const PGresult *a, int b, int c), (a, b, c))                                                      \
    USE(char *, PQgetvalue, (const PGresult *a, int b, int c), (a, b, c))                                                    \
    USE(char *, PQhost, (const PGconn *a), (a))                                                                              \
    USE(char *, PQhostaddr, (const PGconn *a), (a))                                                                          \
    USE(int, PQisBusy, (PGconn *a), (a))                                                                                     \
    USE(int, PQnfields, (const PGresult *a), (a))                                                                            \
    USE(PGnotify *, PQnotifies, (PGconn *a), (a))                                                                            \
    USE(int, PQntuples, (const PGresult *a), (a))                                                                            \
    USE(int, PQpipelineSync, (PGconn *a), (a))                                                                               \
    USE(char *, PQresultErrorField, (const PGresult *a, int b), (a, b))                                                      \
    USE(char *, PQresultErrorMessage, (const PGresult *a), (a))                                                              \
    USE(ExecStatusType, PQresultStatus, (const PGresult *a), (a))                                                            \
    USE(int, PQsendQuery, (PGconn *a, const char *b), (a, b))                                                                \
    USE(int, PQsendQueryParams,                                                                                              \
        (PGconn *a, const char *b, int c, const Oid *d, const char *const *e, const int *f, const int *g, int h),            \
        (a, b, c, d, e, f, g, h))                                                                                            \
    USE(PQnoticeProcessor, PQsetNoticeProcessor, (PGconn *a, PQnoticeProcessor b, void *c), (a, b, c))                       \
    USE(int, PQsetnonblocking, (PGconn *a, int b), (a, b))                                                                   \
    USE(int, PQsocket, (const PGconn *a), (a))                                                                               \
    USE(int, PQsslInUse, (PGconn *a), (a))                                                                                   \
    USE(ConnStatusType, PQstatus, (const PGconn *a), (a))                                                                    \
    USE(PGTransactionStatusType, PQtransactionStatus, (const PGconn *a), (a))

#define PLACE(RESULT, NAME, TYPES, VALUES) static RESULT(*loaded_##NAME) TYPES;
FUNCTIONS(PLACE)

// Hidden: libpq calls its own functions by the same names.
#define FORWARD(RESULT, NAME, TYPES, VALUES)                                                                                 \
    __attribute__((visibility("hidden"))) RESULT NAME TYPES { return loaded_##NAME VALUES; }
FUNCTIONS(FORWARD)

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char failure[256];

static void load(void) {
    // Not told by its folder: the system knows where its libraries are. The number is that of all versions since 8.
    void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        snprintf(failure, sizeof failure, "%s", dlerror());
        return;
    }
#define FIND(RESULT, NAME, TYPES, VALUES)                                                                                    \
    if (failure[0] == 0 && (loaded_##NAME = (RESULT(*) TYPES)dlsym(library, #NAME)) == NULL)                                 \
        snprintf(failure, sizeof failure, "libpq.so.5 is older than version 14: it has no %s", #NAME);
    FUNCTIONS(FIND)
}

const char *clibpq_load(void) {
    pthread_once(&once, load);
    return failure[0] == 0 ? NULL : failure;
}
