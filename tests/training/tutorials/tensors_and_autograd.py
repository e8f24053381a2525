"""The first tutorial as a plain script: prints the loss of each iteration."""
# ruff: noqa: ERA001, T201

import torch
from torch import optim

torch.manual_seed(0)

dtype = torch.float
device = torch.device("cpu")
# device = torch.device("cuda:0")

N, D_in, H, D_out = 64, 1000, 100, 10

x = torch.randn(N, D_in, device=device, dtype=dtype)
y = torch.randn(N, D_out, device=device, dtype=dtype)

w1 = torch.randn(D_in, H, device=device, dtype=dtype, requires_grad=True)
w2 = torch.randn(H, D_out, device=device, dtype=dtype, requires_grad=True)

learning_rate = 1e-6
optimizer = optim.SGD([{"params": w1}, {"params": w2}], lr=learning_rate)

for _t in range(500):
    y_pred = x.mm(w1).clamp(min=0).mm(w2)
    loss = (y_pred - y).pow(2).sum()
    print(repr(loss.item()))
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
