;;; The documented configuration in Emacs with lsp-mode, driven by hand.  -*- lexical-binding: t -*-
(load (expand-file-name "shared.el" (file-name-directory load-file-name)) nil t)
(require 'lsp-mode)
(require 'lsp-diagnostics)
(require 'lsp-modeline)
(require 'lsp-headerline)
(lsp-register-client
 (make-lsp-client :new-connection (lsp-stdio-connection "nnx-lsp")
                  :activation-fn (lsp-activate-on "python")
                  :add-on? t
                  :server-id 'nnx-lsp))
(setq lsp-enabled-clients '(nnx-lsp)
      lsp-restart 'ignore
      lsp-auto-guess-root t
      lsp-guess-root-without-session t
      lsp-diagnostics-provider :flymake
      lsp-modeline-code-actions-enable nil
      lsp-headerline-breadcrumb-enable nil
      lsp-session-file (expand-file-name "lsp-session" (getenv "HOME")))

(defun nnx-of (code)
  "The diagnostic of a rule's CODE in this buffer."
  (cl-find-if (lambda (each) (equal (gethash "code" each) code)) (gethash (lsp--fix-path-casing buffer-file-name) (lsp-diagnostics t))))

(defun nnx-word (each)
  "The text under a diagnostic."
  (let ((range (gethash "range" each)))
    (buffer-substring-no-properties (lsp--position-to-point (gethash "start" range)) (lsp--position-to-point (gethash "end" range)))))

(nnx-run
 (lambda ()
   (lsp-workspace-folders-add default-directory)
   (find-file "model.py")
   (python-mode)
   (lsp)
   (nnx-wait "a diagnostic at the right word" (lambda () (equal (nnx-word (nnx-of "NNX708")) "p=0.1")))
   (nnx-wait "flymake shows it" (lambda () (flymake-start nil) (equal (cdr (nnx-at "`nnx.Dropout` has no `p=`")) "p=0.1")))
   (goto-char (point-min))
   (search-forward "p=0.1")
   (goto-char (match-beginning 0))
   (nnx-wait "hover shows the rule's page"
             (lambda () (string-match-p "keyword of PyTorch" (format "%S" (lsp-request "textDocument/hover" (lsp--text-document-position-params))))))
   (let ((window (selected-window)))
     (lsp-describe-thing-at-point)
     (select-window window)
     (nnx-picture)
     (delete-other-windows))
   (lsp-execute-code-action
    (cl-find-if (lambda (each) (equal (gethash "title" each) "Rename to rate=")) (append (lsp-code-actions-at-point) nil)))
   (nnx-wait "the quick fix repairs the line"
             (lambda () (and (string-match-p "nnx.Dropout(rate=0.1, rngs=rngs)" (buffer-string)) (not (nnx-of "NNX708")))))
   (goto-char (point-max))
   (insert "more = jax.random.uniform(nnx.Rngs(1), (2,))\n")
   (nnx-wait "a mistake that is typed appears" (lambda () (equal (nnx-word (nnx-of "NNX101")) "nnx.Rngs(1)")))
   (set-buffer-modified-p nil)))
