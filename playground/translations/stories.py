"""The stories of the 2-D lab: titles, what happens, what to watch. Knows no preset."""

from __future__ import annotations

TABLE: dict[str, tuple[str, str]] = {
    "{story}\n\n**Watch:** {watch}": ("{story}\n\n**看：** {watch}", "{story}\n\n**看：** {watch}"),
    # two islands: its title is also a target's and stands in the panel's table
    "Two networks play: one draws points, the other tells drawn from real. "
    "The drawn cloud splits in two and settles on both islands.": (
        "兩個網路對弈：一個畫點，一個分辨畫的與真的。畫出的點雲一分為二，停在兩座島上。",
        "两个网络对弈：一个画点，一个分辨画的与真的。画出的点云一分为二，停在两座岛上。",
    ),
    "The blue points follow the arrows to the green ones, until D says about 1/2 to both.": (
        "藍點沿著箭頭走向綠點，直到 D 對兩者都說約 1/2。",
        "蓝点沿着箭头走向绿点，直到 D 对两者都说约 1/2。",
    ),
    "VAE beside GAN": ("VAE 與 GAN 並排", "VAE 与 GAN 并排"),
    "The same generator network learns twice: as a VAE, by explaining every real point, and as a GAN, by "
    "fooling a judge. The VAE leaves points between the islands; the GAN leaves far fewer.": (
        "同一個生成網路學兩次：作為 VAE，要解釋每一個真實點；作為 GAN，要騙過裁判。VAE 在島之間留下點；"
        "GAN 留下的少得多。",
        "同一个生成网络学两次：作为 VAE，要解释每一个真实点；作为 GAN，要骗过裁判。VAE 在岛之间留下点；"
        "GAN 留下的少得多。",
    ),
    "The gap between the two islands, where no real point ever is.": (
        "兩座島之間的空隙，那裡從來沒有真實點。",
        "两座岛之间的空隙，那里从来没有真实点。",
    ),
    "Ring: mode collapse": ("環：模態崩塌", "环：模式崩溃"),
    "The generator takes five updates for each one of D, so it crowds wherever D is fooled just then. "
    "It never holds more than one or two of the eight modes: as soon as D learns, it runs elsewhere.": (
        "D 每更新一次，生成器更新五次，於是擠到 D 當下被騙的地方。八個模態它最多守住一兩個：D 一學會，它就跑到別處。",
        "D 每更新一次，生成器更新五次，于是挤到 D 当下被骗的地方。八个模态它最多守住一两个：D 一学会，它就跑到别处。",
    ),
    "Modes covered stays near 0 or 1 of 8 while the cloud runs from place to place.": (
        "點雲到處跑，涵蓋的模態始終只有 8 個中的 0 或 1 個左右。",
        "点云到处跑，覆盖的模态始终只有 8 个中的 0 或 1 个左右。",
    ),
    "D too strong": ("D 太強", "D 太强"),
    "D learns much faster than G and is soon sure of every point. With the minimax loss nothing is then "
    "left to follow and G stands still; with the non-saturating loss the arrows stay long and it moves.": (
        "D 學得比 G 快得多，很快對每個點都有把握。用極小極大損失時，G 再也沒有梯度可循，停住不動；"
        "用非飽和損失時，箭頭仍然長，G 繼續移動。",
        "D 学得比 G 快得多，很快对每个点都有把握。用极小极大损失时，G 再也没有梯度可循，停住不动；"
        "用非饱和损失时，箭头仍然长，G 继续移动。",
    ),
    "The arrows: gone in the first run, long in the second.": (
        "箭頭：第一次訓練中消失，第二次仍然長。",
        "箭头：第一次训练中消失，第二次仍然长。",
    ),
    "Oscillation": ("振盪", "振荡"),
    "Both networks move at the same time, each towards where the other just was. "
    "The drawn points shrink to a clump that keeps swinging across the cloud and never comes to rest.": (
        "兩個網路同時移動，各自走向對方剛才的位置。畫出的點縮成一團，在點雲上來回擺動，停不下來。",
        "两个网络同时移动，各自走向对方刚才的位置。画出的点缩成一团，在点云上来回摆动，停不下来。",
    ),
    "The clump overshoots, turns round, and overshoots again.": (
        "那一團點衝過頭、折返，又衝過頭。",
        "那一团点冲过头、折返，又冲过头。",
    ),
    "One penalty fixes it": ("一項懲罰就解決", "一项惩罚就解决"),
    "The run that swings for ever, beside the same run with a penalty on how steep D is at the real "
    "points (R1). With the penalty it comes to rest, spread over the whole cloud.": (
        "永遠擺動的那次訓練，旁邊是同一次訓練加上一項懲罰：D 在真實點處不可太陡（R1）。有了懲罰，它停下來，鋪滿整個點雲。",
        "永远摆动的那次训练，旁边是同一次训练加上一项惩罚：D 在真实点处不可太陡（R1）。有了惩罚，它停下来，铺满整个点云。",
    ),
    "JSD jumps about in the first run; in the second it falls close to its floor and stays.": (
        "第一次訓練的 JSD 上下亂跳；第二次降到接近底線，並留在那裡。",
        "第一次训练的 JSD 上下乱跳；第二次降到接近底线，并留在那里。",
    ),
    "A hasty generator crowds into a mode or two. In the second run D judges four points at once and "
    "sees at a glance when all are alike: the generator spreads over the ring.": (
        "急躁的生成器擠進一兩個模態。第二次訓練中 D 一次看四個點，全都一樣時一眼就看出來：生成器於是散到整個環上。",
        "急躁的生成器挤进一两个模态。第二次训练中 D 一次看四个点，全都一样时一眼就看出来：生成器于是散到整个环上。",
    ),
    "Modes covered: one or two of 8 in the first run, all in the second.": (
        "涵蓋的模態：第一次是 8 個中的一兩個，第二次是全部。",
        "覆盖的模态：第一次是 8 个中的一两个，第二次是全部。",
    ),
    "A hasty generator keeps returning to places that D has forgotten. In the second run seven in ten of "
    "the generated points shown to D are old ones: it forgets less, and the generator fills the ring.": (
        "急躁的生成器不斷回到 D 已經忘記的地方。第二次訓練中，給 D 看的生成點有七成是舊的：它忘得少，生成器便填滿整個環。",
        "急躁的生成器不断回到 D 已经忘记的地方。第二次训练中，给 D 看的生成点有七成是旧的：它忘得少，生成器便填满整个环。",
    ),
    "The first cloud jumps from place to place; the second grows into a ring with all 8 modes.": (
        "第一個點雲到處跳；第二個長成有全部 8 個模態的環。",
        "第一个点云到处跳；第二个长成有全部 8 个模态的环。",
    ),
    "Looking ahead": ("往前看", "往前看"),
    "In the second run the hasty generator plays against the D of three updates later. Crowding no "
    "longer pays and it spreads over the ring; each iteration costs many times more.": (
        "第二次訓練中，急躁的生成器面對的是三次更新之後的 D。擠在一處不再划算，它散到整個環上；每次迭代的成本高出許多倍。",
        "第二次训练中，急躁的生成器面对的是三次更新之后的 D。挤在一处不再划算，它散到整个环上；每次迭代的成本高出许多倍。",
    ),
    "Modes covered: one to three of 8 in the first run, all in the second.": (
        "涵蓋的模態：第一次是 8 個中的一到三個，第二次是全部。",
        "覆盖的模态：第一次是 8 个中的一到三个，第二次是全部。",
    ),
    "Twenty-five small modes, three updates of D for each of G. "
    "The generator finds them all, but most of its points still lie on bridges between them.": (
        "二十五個小模態，G 每更新一次，D 更新三次。生成器全都找到了，但多數點仍在它們之間的橋上。",
        "二十五个小模态，G 每更新一次，D 更新三次。生成器全都找到了，但多数点仍在它们之间的桥上。",
    ),
    "Modes covered reaches 25; high quality stays well below its ceiling because of the bridges.": (
        "涵蓋的模態達到 25；高品質比例因為這些橋而遠低於上限。",
        "覆盖的模态达到 25；高质量比例因为这些桥而远低于上限。",
    ),
    "Gaussian mixture by EM": ("以 EM 擬合高斯混合", "用 EM 拟合高斯混合"),
    "No game at all: eight Gaussians are fitted by EM, and the likelihood never falls. "
    "The modes are found within ten iterations, though two Gaussians may share one and another span two.": (
        "完全不是對弈：以 EM 擬合八個高斯，似然從不下降。十次迭代內就找到模態，不過可能兩個高斯共用一個，另一個橫跨兩個。",
        "完全不是对弈：用 EM 拟合八个高斯，似然从不下降。十次迭代内就找到模态，不过可能两个高斯共用一个，另一个横跨两个。",
    ),
    "A seed decides whether each mode gets a Gaussian of its own; try another.": (
        "種子決定每個模態能否分到自己的高斯；換一個試試。",
        "种子决定每个模态能否分到自己的高斯；换一个试试。",
    ),
    "Holes in the latent space": ("潛在空間裡的洞", "隐空间里的洞"),
    "An autoencoder returns every real point almost exactly, yet most points decoded from fresh latents "
    "miss the moons. A VAE beside it keeps its latent space filled: about half as many miss.": (
        "自編碼器幾乎原樣送回每個真實點，但由新抽的潛在向量解碼的點，大多不在雙月上。旁邊的 VAE 把潛在空間填滿："
        "失準的點約少一半。",
        "自编码器几乎原样送回每个真实点，但由新抽的隐变量解码的点，大多不在双月上。旁边的 VAE 把隐空间填满："
        "失准的点约少一半。",
    ),
    "The arrows (real point to its copy) are short on both sides; the blue points are not alike.": (
        "兩邊的箭頭（真實點到其重建）都短；藍點卻不一樣。",
        "两边的箭头（真实点到其重建）都短；蓝点却不一样。",
    ),
}  # fmt: skip
