;;; The documented configuration in Emacs with eglot, driven by hand.  -*- lexical-binding: t -*-
(load (expand-file-name "shared.el" (file-name-directory load-file-name)) nil t)
(require 'eglot)
(add-to-list 'eglot-server-programs '(python-mode . ("nnx-lsp")))
(setq eglot-confirm-server-initiated-edits nil)

(nnx-run
 (lambda ()
   (find-file "model.py")
   (python-mode)
   (flymake-mode 1)
   (apply #'eglot (append (eglot--guess-contact) nil))
   (nnx-wait "a diagnostic at the right word"
             (lambda () (flymake-start nil) (equal (cdr (nnx-at "`nnx.Dropout` has no `p=`")) "p=0.1")))
   (goto-char (point-min))
   (search-forward "p=0.1")
   (goto-char (match-beginning 0))
   (nnx-wait "hover shows the rule's page"
             (lambda ()
               (let ((answer (jsonrpc-request (eglot-current-server) :textDocument/hover (eglot--TextDocumentPositionParams))))
                 (string-match-p "keyword of PyTorch" (format "%S" answer)))))
   (let ((window (selected-window)))
     (flymake-show-buffer-diagnostics)
     (select-window window)
     (nnx-picture)
     (delete-other-windows))
   (let* ((actions (eglot-code-actions (point) (1+ (point)) "quickfix"))
          (fix (cl-find-if (lambda (each) (equal (plist-get each :title) "Rename to rate=")) actions)))
     (eglot--apply-workspace-edit (or (plist-get fix :edit) (plist-get (jsonrpc-request (eglot-current-server) :codeAction/resolve fix) :edit))))
   (nnx-wait "the quick fix repairs the line"
             (lambda ()
               ;; Changes are sent when Emacs is idle, which it never is in a batch.
               (eglot--signal-textDocument/didChange)
               (flymake-start nil)
               (and (string-match-p "nnx.Dropout(rate=0.1, rngs=rngs)" (buffer-string)) (not (nnx-at "`nnx.Dropout` has no `p=`")))))
   (goto-char (point-max))
   (insert "more = jax.random.uniform(nnx.Rngs(1), (2,))\n")
   (eglot--signal-textDocument/didChange)
   (nnx-wait "a mistake that is typed appears"
             (lambda () (flymake-start nil) (equal (cdr (nnx-at "takes one PRNG key")) "nnx.Rngs(1)")))
   (set-buffer-modified-p nil)))
