// Preloaded into a test's child process: a disk that loses power or fails, for files below $FAULT_DIR.
//
// Every write is applied and remembered until its file is flushed.
//   FAULT_CUT_AT=n      at the nth operation the power goes: what was never flushed is undone, then a legal part of it
//                       is applied again, chosen by FAULT_SEED and FAULT_MODE (0 nothing, 1 a prefix with a torn last
//                       write, 2 any 512-byte sectors), and the process ends at once.
//   FAULT_EIO_SYNC=n    the nth flush fails once. As on Linux, what it should have written never reaches the disk
//                       unless it is written again, though reads go on showing it.
//   FAULT_EIO_WRITE=n   from the nth write on, writes and flushes fail until the file $FAULT_DIR/../mended exists.
//   FAULT_EROFS=n       the same with "read-only file system".
//   FAULT_SLOW_US=n     every flush takes so much longer.
//   FAULT_STALL_MS=n    the first flush after the file $FAULT_DIR/../stall was made takes so much longer; meanwhile the
//                       file is called stalls, and afterwards it is gone.
//   FAULT_EINTR=n       every nth read and write is interrupted before it did anything.
//   FAULT_SHORT=n       every nth read and write does only a part of its work.
//   FAULT_EIO_READ=n    page n of outbox.db as found at the start cannot be read, wherever that file is moved to.
//   FAULT_QUOTA=n       files may grow by so many bytes in all; what is removed or cut off may be used again.
// Names of files and renames count as durable at once. The first write that is refused makes $FAULT_DIR/../refused.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

// A change that is not flushed.
typedef struct change {
    int truncates;          // otherwise a write
    unsigned char *stale;   // bytes a failed flush has given up; NULL when none was
    off_t offset, length, old_size, new_size, old_length;
    char *old_bytes, *new_bytes;
    struct change *previous, *next;
} change;

typedef struct file {
    dev_t device;
    ino_t inode;
    char path[512];
    change *first, *last;
    struct file *next;
} file;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static file *files;
static char folder[512], mended[600], refused[600], stall[600], stalls[600];
static size_t folder_length;
static long cut_at = -1, eio_sync = -1, eio_write = -1, erofs = -1, slow_us, mode = 2;
static long stall_ms, interrupts, shortens, bad_page = -1, quota = -1;
static long operations, flushes, writes, transfers;
static dev_t bad_device;
static ino_t bad_inode;
static unsigned long randomness = 88172645463325252UL;
static int ready;

static unsigned long chance(void) {
    randomness ^= randomness << 13;
    randomness ^= randomness >> 7;
    randomness ^= randomness << 17;
    return randomness;
}

static long number(const char *name, long fallback) {
    const char *text = getenv(name);
    return text ? atol(text) : fallback;
}

static void start(void) {
    if (ready) return;
    ready = 1;
    const char *where = getenv("FAULT_DIR");
    if (where) {
        strncpy(folder, where, sizeof folder - 1);
        folder_length = strlen(folder);
        snprintf(mended, sizeof mended, "%s/../mended", folder);
        snprintf(refused, sizeof refused, "%s/../refused", folder);
        snprintf(stall, sizeof stall, "%s/../stall", folder);
        snprintf(stalls, sizeof stalls, "%s/../stalls", folder);
    }
    cut_at = number("FAULT_CUT_AT", -1);
    eio_sync = number("FAULT_EIO_SYNC", -1);
    eio_write = number("FAULT_EIO_WRITE", -1);
    erofs = number("FAULT_EROFS", -1);
    slow_us = number("FAULT_SLOW_US", 0);
    stall_ms = number("FAULT_STALL_MS", 0);
    interrupts = number("FAULT_EINTR", 0);
    shortens = number("FAULT_SHORT", 0);
    bad_page = number("FAULT_EIO_READ", -1);
    quota = number("FAULT_QUOTA", -1);
    mode = number("FAULT_MODE", 2);
    randomness ^= (unsigned long)number("FAULT_SEED", 1) * 0x9E3779B97F4A7C15UL;
    for (int i = 0; i < 8; i++) chance();
}

static void put(int fd, const char *bytes, off_t length, off_t offset) {
    while (length > 0) {
        long done = syscall(SYS_pwrite64, fd, bytes, length, offset);
        if (done <= 0) return;
        bytes += done;
        length -= done;
        offset += done;
    }
}

// The file behind a descriptor, if it is one of ours.
static file *ours(int fd) {
    start();
    struct stat data;
    if (!folder_length || fstat(fd, &data) || !S_ISREG(data.st_mode)) return NULL;
    for (file *known = files; known; known = known->next)
        if (known->device == data.st_dev && known->inode == data.st_ino) return known;
    char link[64], path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return NULL;
    path[length] = 0;
    if (strncmp(path, folder, folder_length)) return NULL;
    file *fresh = calloc(1, sizeof *fresh);
    fresh->device = data.st_dev;
    fresh->inode = data.st_ino;
    strcpy(fresh->path, path);
    fresh->next = files;
    files = fresh;
    return fresh;
}

static void undo(file *f, int fd) {
    for (change *c = f->last; c; c = c->previous) {
        if (c->truncates) {
            syscall(SYS_ftruncate, fd, c->old_size);
            if (c->old_length) put(fd, c->old_bytes, c->old_length, c->new_size);
            continue;
        }
        if (!c->stale) {
            if (c->old_length) put(fd, c->old_bytes, c->old_length, c->offset);
            syscall(SYS_ftruncate, fd, c->old_size);
            continue;
        }
        for (off_t at = 0; at < c->length; at++)
            if (c->stale[at]) {
                char byte = at < c->old_length ? c->old_bytes[at] : 0;
                put(fd, &byte, 1, c->offset + at);
            }
    }
}

static void redo_some(file *f, int fd) {
    long total = 0, number = 0;
    for (change *c = f->first; c; c = c->next) total++;
    long kept = mode == 1 ? (long)(chance() % (total + 1)) : total;
    for (change *c = f->first; c; c = c->next, number++) {
        if (c->stale || mode == 0) continue;
        if (c->truncates) {
            if (mode == 1 ? number < kept : chance() % 2) syscall(SYS_ftruncate, fd, c->new_size);
        } else if (mode == 1) {
            off_t torn = (off_t)(chance() % (c->length + 1)) / 512 * 512;
            if (number < kept) put(fd, c->new_bytes, c->length, c->offset);
            else if (number == kept) put(fd, c->new_bytes, torn, c->offset);
        } else {
            for (off_t at = 0; at < c->length;) {
                off_t end = ((c->offset + at) / 512 + 1) * 512 - c->offset;
                if (end > c->length) end = c->length;
                if (chance() % 2) put(fd, c->new_bytes + at, end - at, c->offset + at);
                at = end;
            }
        }
    }
}

static void power_cut(void) {
    for (file *f = files; f; f = f->next) {
        if (!f->first) continue;
        int fd = syscall(SYS_openat, AT_FDCWD, f->path, O_RDWR);
        struct stat data;
        if (fd < 0) continue;
        if (!fstat(fd, &data) && data.st_ino == f->inode) {
            undo(f, fd);
            redo_some(f, fd);
        }
        syscall(SYS_close, fd);
    }
    syscall(SYS_exit_group, 137);
}

static void tick(void) {
    if (++operations == cut_at) power_cut();
}

static int refuse(int error) {
    int mark = syscall(SYS_openat, AT_FDCWD, refused, O_CREAT | O_WRONLY, 0600);
    if (mark >= 0) syscall(SYS_close, mark);
    errno = error;
    return 1;
}

// Whether writes fail now; sets errno.
static int broken(int counts) {
    long from = eio_write >= 0 ? eio_write : erofs;
    if (from < 0) return 0;
    if (counts) writes++;
    if (writes < from || syscall(SYS_faccessat, AT_FDCWD, mended, F_OK) == 0) return 0;
    return refuse(eio_write >= 0 ? EIO : EROFS);
}

static void remember(file *f, change *c) {
    c->previous = f->last;
    if (f->last) f->last->next = c; else f->first = c;
    f->last = c;
}

static void save_old(change *c, int fd, off_t from, off_t length) {
    if (length <= 0) return;
    c->old_length = length;
    c->old_bytes = malloc(length);
    for (off_t got = 0; got < length;) {
        long done = syscall(SYS_pread64, fd, c->old_bytes + got, length - got, from + got);
        if (done <= 0) break;
        got += done;
    }
}

// What becomes of a read or a write: how much of it is done, or -1 when it is interrupted.
static ssize_t staged(size_t length) {
    transfers++;
    if (interrupts && transfers % interrupts == 0) {
        errno = EINTR;
        return -1;
    }
    return shortens && transfers % shortens == 0 && length > 1 ? (ssize_t)(1 + chance() % (length - 1)) : (ssize_t)length;
}

// Whether a file may not grow to this size; takes what it needs otherwise.
static int over_quota(int fd, off_t end) {
    struct stat data;
    if (quota < 0 || fstat(fd, &data) || end <= data.st_size) return 0;
    if (end - data.st_size > quota) return refuse(EDQUOT);
    quota -= end - data.st_size;
    return 0;
}

// `positional` says whether `offset` counts.
static ssize_t do_write(int fd, const void *bytes, size_t length, off_t offset, int positional) {
    pthread_mutex_lock(&lock);
    file *f = ours(fd);
    ssize_t done = f ? staged(length) : (ssize_t)length;
    if (f && (done < 0 || broken(1))) {
        pthread_mutex_unlock(&lock);
        return -1;
    }
    length = done;
    if (f && quota >= 0) {
        off_t from = positional ? offset : fcntl(fd, F_GETFL) & O_APPEND ? lseek(fd, 0, SEEK_END) : lseek(fd, 0, SEEK_CUR);
        if (over_quota(fd, from + (off_t)length)) {
            pthread_mutex_unlock(&lock);
            return -1;
        }
    }
    if (f && (cut_at >= 0 || eio_sync >= 0)) {
        tick();
        struct stat data;
        fstat(fd, &data);
        if (!positional)
            offset = fcntl(fd, F_GETFL) & O_APPEND ? data.st_size : lseek(fd, 0, SEEK_CUR);
        change *c = calloc(1, sizeof *c);
        c->offset = offset;
        c->old_size = data.st_size;
        off_t overlap = data.st_size - offset;
        save_old(c, fd, offset, overlap < (off_t)length ? overlap : (off_t)length);
        done = positional ? syscall(SYS_pwrite64, fd, bytes, length, offset) : syscall(SYS_write, fd, bytes, length);
        if (done > 0) {
            c->length = done;
            c->new_bytes = malloc(done);
            memcpy(c->new_bytes, bytes, done);
            remember(f, c);
        }
    } else {
        done = positional ? syscall(SYS_pwrite64, fd, bytes, length, offset) : syscall(SYS_write, fd, bytes, length);
    }
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

ssize_t write(int fd, const void *bytes, size_t length) { return do_write(fd, bytes, length, 0, 0); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return do_write(fd, bytes, length, offset, 1); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) { return do_write(fd, bytes, length, offset, 1); }

static ssize_t do_read(int fd, void *bytes, size_t length, off_t offset, int positional) {
    pthread_mutex_lock(&lock);
    file *f = interrupts || shortens || bad_page >= 0 ? ours(fd) : NULL;
    ssize_t done = f ? staged(length) : (ssize_t)length;
    if (f && bad_page >= 0) {
        size_t path = strlen(f->path);
        if (!bad_inode && path > 10 && !strcmp(f->path + path - 10, "/outbox.db")) {
            bad_device = f->device;
            bad_inode = f->inode;
        }
        off_t from = positional ? offset : lseek(fd, 0, SEEK_CUR), bad = bad_page * 4096;
        int hit = f->device == bad_device && f->inode == bad_inode && from < bad + 4096 && from + (off_t)length > bad;
        if (hit) {
            errno = EIO;
            done = -1;
        }
    }
    pthread_mutex_unlock(&lock);
    if (done < 0) return -1;
    return positional ? syscall(SYS_pread64, fd, bytes, done, offset) : syscall(SYS_read, fd, bytes, done);
}

ssize_t read(int fd, void *bytes, size_t length) { return do_read(fd, bytes, length, 0, 0); }
ssize_t pread(int fd, void *bytes, size_t length, off_t offset) { return do_read(fd, bytes, length, offset, 1); }
ssize_t pread64(int fd, void *bytes, size_t length, off64_t offset) { return do_read(fd, bytes, length, offset, 1); }

// Removed files give their room back.
int unlink(const char *path) {
    pthread_mutex_lock(&lock);
    start();
    struct stat data;
    off_t freed = quota >= 0 && !strncmp(path, folder, folder_length) && !stat(path, &data) ? data.st_size : 0;
    int done = syscall(SYS_unlinkat, AT_FDCWD, path, 0), error = errno;
    if (!done) quota += freed;
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

static int do_truncate(int fd, off_t size) {
    pthread_mutex_lock(&lock);
    file *f = ours(fd);
    if (f && broken(1)) {
        pthread_mutex_unlock(&lock);
        return -1;
    }
    int watched = f && (cut_at >= 0 || eio_sync >= 0), done;
    change *c = NULL;
    struct stat before;
    if (f && quota >= 0) {
        if (over_quota(fd, size)) {
            pthread_mutex_unlock(&lock);
            return -1;
        }
        if (!fstat(fd, &before) && size < before.st_size) quota += before.st_size - size;
    }
    if (watched) {
        tick();
        struct stat data;
        fstat(fd, &data);
        c = calloc(1, sizeof *c);
        c->truncates = 1;
        c->old_size = data.st_size;
        c->new_size = size;
        save_old(c, fd, size, data.st_size - size);
    }
    done = syscall(SYS_ftruncate, fd, size);
    if (watched && !done) remember(f, c);
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

int ftruncate(int fd, off_t size) { return do_truncate(fd, size); }
int ftruncate64(int fd, off64_t size) { return do_truncate(fd, size); }

// A flush succeeded: what was pending is durable, and so are given-up bytes that were written once more.
static void settle(file *f) {
    for (change *gone = f->first; gone; gone = gone->next) {
        if (!gone->stale) continue;
        for (change *c = gone->next; c; c = c->next) {
            if (c->stale || c->truncates) continue;
            for (off_t at = c->offset; at < c->offset + c->length; at++)
                if (at >= gone->offset && at < gone->offset + gone->length) gone->stale[at - gone->offset] = 0;
        }
    }
    change *kept = NULL, *last = NULL;
    for (change *c = f->first, *next; c; c = next) {
        next = c->next;
        if (!c->stale) {
            free(c->old_bytes);
            free(c->new_bytes);
            free(c);
            continue;
        }
        c->previous = last;
        c->next = NULL;
        if (last) last->next = c; else kept = c;
        last = c;
    }
    f->first = kept;
    f->last = last;
}

static void rest(long us) {
    struct timespec pause = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&pause, NULL);
}

static int do_sync(int fd, long call) {
    pthread_mutex_lock(&lock);
    file *f = ours(fd);
    if (f && broken(0)) {
        pthread_mutex_unlock(&lock);
        return -1;
    }
    if (f) tick();
    if (f && eio_sync >= 0 && ++flushes == eio_sync) {
        for (change *c = f->first; c; c = c->next)
            if (!c->stale) {
                c->stale = malloc(c->length + 1);
                memset(c->stale, 1, c->length + 1);
            }
        pthread_mutex_unlock(&lock);
        errno = EIO;
        return -1;
    }
    int stalled = f && stall_ms && !syscall(SYS_renameat, AT_FDCWD, stall, AT_FDCWD, stalls);
    pthread_mutex_unlock(&lock);
    if (f && slow_us) rest(slow_us);
    if (stalled) {
        rest(stall_ms * 1000);
        syscall(SYS_unlinkat, AT_FDCWD, stalls, 0);
    }
    int done = syscall(call, fd), error = errno;
    pthread_mutex_lock(&lock);
    if (f && !done) {
        settle(f);
        tick();
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

int fsync(int fd) { return do_sync(fd, SYS_fsync); }
int fdatasync(int fd) { return do_sync(fd, SYS_fdatasync); }

// Ways around the accounting.
int fallocate(int fd, int how, off_t offset, off_t length) { (void)fd, (void)how, (void)offset, (void)length; errno = EOPNOTSUPP; return -1; }
int fallocate64(int fd, int how, off64_t offset, off64_t length) { return fallocate(fd, how, offset, length); }
