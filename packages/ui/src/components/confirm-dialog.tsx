/** Asks before something goes for good. */

import { AlertDialog } from "@base-ui/react/alert-dialog";
import { Button } from "./button.tsx";

interface ConfirmProps {
  open: boolean;
  title: string;
  text: string;
  action: string;
  onConfirm(): void;
  onClose(): void;
}

export function ConfirmDialog({ open, title, text, action, onConfirm, onClose }: ConfirmProps) {
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="fixed inset-0 z-40 animate-fade bg-[rgb(25_15_12/0.35)]" />
        <AlertDialog.Popup className="fixed inset-x-4 top-[24vh] z-50 mx-auto max-w-sm animate-fade rounded-2xl border border-line bg-raised p-5 shadow-lift outline-none">
          <AlertDialog.Title className="font-semibold [overflow-wrap:anywhere]">{title}</AlertDialog.Title>
          <AlertDialog.Description className="mt-1 text-sm text-soft">{text}</AlertDialog.Description>
          <div className="mt-5 flex justify-end gap-2">
            <AlertDialog.Close render={<Button look="quiet">Keep it</Button>} />
            <Button
              look="danger"
              onClick={() => {
                onClose();
                onConfirm();
              }}
            >
              {action}
            </Button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
