;;; What the tests of both Emacs clients share.  -*- lexical-binding: t -*-
(require 'cl-lib)
(require 'flymake)
(require 'python)
(menu-bar-mode -1)
(setq inhibit-startup-screen t ring-bell-function #'ignore)
(setq make-backup-files nil auto-save-default nil create-lockfiles nil)

(defun nnx-say (text)
  "Write TEXT down as what was seen."
  (write-region text nil (getenv "NNX_SEEN") t 'silent))

(defun nnx-picture ()
  "Let the picture be taken."
  (redisplay t)
  (write-region "" nil (getenv "NNX_PICTURE") nil 'silent)
  (let ((end (+ (float-time) 20)))
    (while (and (file-exists-p (getenv "NNX_PICTURE")) (< (float-time) end))
      (accept-process-output nil 0.05))))

(defun nnx-wait (what condition)
  "Wait until CONDITION gives non-nil; WHAT names it."
  (let ((end (+ (float-time) 20)) answer)
    (while (and (not (setq answer (ignore-errors (funcall condition)))) (< (float-time) end))
      (accept-process-output nil 0.05))
    (unless answer
      (nnx-say (format "never seen: %s\n" what))
      (kill-emacs 1))
    (nnx-say (format "   %s\n" what))
    answer))

(defun nnx-run (body)
  "Run BODY; an error ends Emacs with status 1."
  (condition-case problem
      (progn (funcall body) (kill-emacs 0))
    (error (nnx-say (format "%S\n" problem)) (kill-emacs 1))))

(defun nnx-said ()
  "What flymake shows: the text of each diagnostic and the word under it."
  (mapcar (lambda (each)
            (cons (flymake-diagnostic-text each)
                  (buffer-substring-no-properties (flymake-diagnostic-beg each) (flymake-diagnostic-end each))))
          (flymake-diagnostics)))

(defun nnx-at (text)
  "The diagnostic whose message has TEXT, with its word."
  (cl-find-if (lambda (each) (string-match-p (regexp-quote text) (car each))) (nnx-said)))
