;;; What the tests of both Emacs clients share.  -*- lexical-binding: t -*-
(require 'cl-lib)
(require 'flymake)
(require 'python)
(setq make-backup-files nil auto-save-default nil create-lockfiles nil)

(defun nnx-wait (what condition)
  "Wait until CONDITION gives non-nil; WHAT names it."
  (let ((end (+ (float-time) 20)) answer)
    (while (and (not (setq answer (ignore-errors (funcall condition)))) (< (float-time) end))
      (accept-process-output nil 0.05))
    (unless answer
      (princ (format "never seen: %s\n" what))
      (kill-emacs 1))
    (princ (format "   %s\n" what))
    answer))

(defun nnx-run (body)
  "Run BODY; an error ends Emacs with status 1."
  (condition-case problem
      (progn (funcall body) (kill-emacs 0))
    (error (princ (format "%S\n" problem)) (kill-emacs 1))))

(defun nnx-said ()
  "What flymake shows: the text of each diagnostic and the word under it."
  (mapcar (lambda (each)
            (cons (flymake-diagnostic-text each)
                  (buffer-substring-no-properties (flymake-diagnostic-beg each) (flymake-diagnostic-end each))))
          (flymake-diagnostics)))

(defun nnx-at (text)
  "The diagnostic whose message has TEXT, with its word."
  (cl-find-if (lambda (each) (string-match-p (regexp-quote text) (car each))) (nnx-said)))
